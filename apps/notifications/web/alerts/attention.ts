import { useSse } from '@sse/vuex'
import { onScopeDispose } from 'vue'
import type { Notification } from '../../shared/schemas.ts'
import { useSound } from '../account/preferences.ts'
import { useSession } from '../account/session.ts'
import { lookAround } from '../connection/tabs.ts'
import { useInbox } from '../inbox/inbox.ts'
import { useReading } from '../inbox/reading.ts'
import { useDesktopNotifications } from './desktop.ts'
import { ring } from './sound.ts'
import { useToasts } from './toasts.ts'

/**
 * Tells the reader of new notifications: on the page always; by sound and on the desktop from the one tab that holds the connection, and on the
 * desktop only while nobody looks at any of them. Of muted topics nothing is told.
 */
export function useAttention(): void {
  const { user } = useSession()
  const { isMuted } = useInbox()
  const { announce } = useToasts()
  const desktop = useDesktopNotifications()
  const sound = useSound()
  const { read } = useReading()
  let together: Notification[] = []

  const off = useSse().on('notification', (notification) => {
    if (isMuted(notification)) return
    together.push(notification)
    // What comes in one frame is told at once: after a long absence that may be hundreds.
    if (together.length === 1) setTimeout(tell)
  })
  onScopeDispose(off)

  async function tell(): Promise<void> {
    const arrived = together
    together = []
    // Whoever sent it knows it already.
    const ofOthers = arrived.filter(({ from }) => from !== user.value?.id)
    const last = ofOthers.at(-1)
    if (!last || !user.value) return
    announce(ofOthers)
    const { leads, isLookedAt } = await lookAround(user.value.id)
    if (leads === false) return
    if (sound.value) ring()
    if (!isLookedAt) desktop.show(last, () => read(last.id))
  }
}
