import { createGlobalState, useEventListener } from '@vueuse/core'
import { nextTick, type Ref, ref } from 'vue'
import { useInbox } from '../inbox/inbox.ts'
import { topicOf } from '../inbox/views.ts'
import { useTopics } from '../topics/topics.ts'
import { dialogAt, showView } from './addresses.ts'

/** Which dialogs are open: buttons, menus and keys open the same ones, and some have an address. */
export interface Dialogs {
  readonly help: Ref<boolean>
  readonly topics: Ref<boolean>
  readonly write: Ref<boolean>
  readonly line: Ref<boolean>
}

export const useDialogs: () => Dialogs = createGlobalState(() => ({
  help: dialogAt('/settings/keys'),
  topics: dialogAt('/settings/topics'),
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
  const { view, find, markRead, markUnread, markAllRead, move, undo } = useInbox()
  const topics = useTopics()
  const dialogs = useDialogs()

  function go(step: 1 | -1): void {
    const all = titles()
    const place = present()?.place ?? (step === 1 ? -1 : all.length)
    all.at(Math.min(all.length - 1, Math.max(0, place + step)))?.focus()
  }

  /** If it leaves the list, the focus goes to what takes its place. */
  async function withPresent(act: (id: number) => Promise<void>): Promise<void> {
    const at = present()
    if (!at) return
    const acting = act(at.id)
    await nextTick()
    if (!present())
      titles()
        .at(Math.min(at.place, titles().length - 1))
        ?.focus()
    await acting
  }

  const turnRead = (id: number) => (find(id)?.read ? markUnread([id]) : markRead([id]))
  const turnArchived = (id: number) => move([id], find(id)?.place === 'archived' ? 'inbox' : 'archived')

  function mutePresent(): void {
    const at = present()
    const topic = at && topics.find(topicOf(find(at.id)?.to ?? 'all'))
    if (topic) void topics.mute(topic.id, !topic.isMuted)
  }

  const keys: Readonly<Record<string, () => unknown>> = {
    j: () => go(1),
    ArrowDown: () => go(1),
    k: () => go(-1),
    ArrowUp: () => go(-1),
    e: () => withPresent(turnRead),
    a: () => withPresent(turnArchived),
    Delete: () => withPresent((id) => move([id], 'deleted')),
    z: undo,
    E: () => markAllRead(),
    m: mutePresent,
    u: () => showView(view.value === 'unread' ? 'all' : 'unread'),
    '/': () => document.querySelector<HTMLElement>('[data-search]')?.focus(),
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
