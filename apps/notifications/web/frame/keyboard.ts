import { createGlobalState, useEventListener } from '@vueuse/core'
import { nextTick, type Ref, ref } from 'vue'
import { useInbox } from '../inbox/inbox.ts'
import { topicOf } from '../inbox/views.ts'
import { useTopics } from '../topics/topics.ts'

/** Which dialogs are open: buttons, menus and keys open the same ones. */
export interface Dialogs {
  readonly help: Ref<boolean>
  readonly topics: Ref<boolean>
  readonly write: Ref<boolean>
  readonly line: Ref<boolean>
}

export const useDialogs: () => Dialogs = createGlobalState(() => ({
  help: ref(false),
  topics: ref(false),
  write: ref(false),
  line: ref(false),
}))

const titles = () => [...document.querySelectorAll<HTMLElement>('[data-notification] [data-title]')]

/** The notification that has the focus, or whose buttons have. */
function present(): { id: number; place: number } | undefined {
  const item = document.activeElement?.closest('[data-notification]')
  if (!item) return undefined
  const place = titles().findIndex((title) => item.contains(title))
  return { id: Number(item.getAttribute('data-notification')), place }
}

/** Keys are for the list unless they are for a field, a menu or a dialog, or for the browser. */
function isForList(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing)
    return false
  const { target } = event
  if (!(target instanceof HTMLElement)) return true
  if (target.isContentEditable || target.matches('input, textarea, select')) return false
  return !target.closest(
    '[role="dialog"], [role="alertdialog"], [role="menu"], [role="listbox"], [role="tablist"]',
  )
}

/** The inbox by keyboard: focus moves between notifications, and keys act on the one that has it. */
export function useKeyboard(write: () => void): void {
  const { view, show, find, markRead, markAllRead } = useInbox()
  const topics = useTopics()
  const dialogs = useDialogs()

  function move(step: 1 | -1): void {
    const all = titles()
    const place = present()?.place ?? (step === 1 ? -1 : all.length)
    all.at(Math.min(all.length - 1, Math.max(0, place + step)))?.focus()
  }

  /** In a view of unread ones it leaves the list: the focus goes to what takes its place. */
  async function readPresent(): Promise<void> {
    const at = present()
    if (!at) return
    const reading = markRead([at.id])
    await nextTick()
    if (!present())
      titles()
        .at(Math.min(at.place, titles().length - 1))
        ?.focus()
    await reading
  }

  function mutePresent(): void {
    const at = present()
    const topic = at && topics.find(topicOf(find(at.id)?.to ?? 'all'))
    if (topic) void topics.mute(topic.id, !topic.isMuted)
  }

  const keys: Readonly<Record<string, () => unknown>> = {
    j: () => move(1),
    ArrowDown: () => move(1),
    k: () => move(-1),
    ArrowUp: () => move(-1),
    e: readPresent,
    E: () => markAllRead(),
    m: mutePresent,
    u: () => show(view.value === 'unread' ? 'all' : 'unread'),
    c: write,
    '?': () => {
      dialogs.help.value = true
    },
  }

  useEventListener('keydown', (event) => {
    const act = keys[event.key]
    if (!act || !isForList(event)) return
    // Outside the list, arrows are for scrolling.
    if (event.key.startsWith('Arrow') && !present()) return
    event.preventDefault()
    void act()
  })
}
