import { useSse } from '@sse/vuex'
import { until } from '@vueuse/core'
import { nextTick, onScopeDispose } from 'vue'
import type { Notification } from '../../shared/schemas.ts'
import { useSound } from '../account/preferences.ts'
import { useSession } from '../account/session.ts'
import { lookAround } from '../connection/tabs.ts'
import { useInbox } from '../inbox/inbox.ts'
import { useWords } from '../words/index.ts'
import { useAnnouncer } from './announcer.ts'
import { useDesktopNotifications } from './desktop.ts'
import { ring } from './sound.ts'
import { useToasts } from './toasts.ts'

/** Milliseconds within which what has come is in the list. */
const soon = 1000

/**
 * Tells the reader of new notifications: by a toast of what the list on the screen does not show; by sound and on the desktop from the one tab
 * that holds the connection, and on the desktop only while nobody looks at any of them. Of muted topics nothing is told.
 */
export function useAttention(): void {
  const { user } = useSession()
  const { isMuted, find } = useInbox()
  const { announce } = useToasts()
  const { say } = useAnnouncer()
  const words = useWords()
  const desktop = useDesktopNotifications()
  const sound = useSound()
  let together: Notification[] = []

  const off = useSse().on('notification', (notification) => {
    // What one has sent oneself one knows already.
    if (isMuted(notification) || notification.from === user.value?.id) return
    together.push(notification)
    // What comes in one frame is told at once: after a long absence that may be hundreds.
    if (together.length === 1) setTimeout(tell)
  })
  onScopeDispose(off)

  async function tell(): Promise<void> {
    const arrived = together
    together = []
    const last = arrived.at(-1)
    if (!last || !user.value) return
    await until(() => find(last.id)).toBeTruthy({ timeout: soon })
    await nextTick()
    const unseen = arrived.filter(({ id }) => !isOnScreen(id))
    if (unseen.length > 0) announce(unseen)
    else say(`${words.value.toasts.new}: ${last.title}`)
    if (!user.value) return
    const { leads, isLookedAt } = await lookAround(user.value.id)
    if (leads === false) return
    if (sound.value) ring()
    if (!isLookedAt) await desktop.show(last)
  }
}

/** Whether the list shows it now: not under a dialog, and not further up or down. */
function isOnScreen(id: number): boolean {
  if (document.querySelector('[role="dialog"], [role="alertdialog"]')) return false
  const item = document.querySelector(`[data-notification="${id}"]`)?.getBoundingClientRect()
  const header = document.querySelector('header')?.getBoundingClientRect()
  return item !== undefined && item.bottom > (header?.bottom ?? 0) && item.top < innerHeight
}
