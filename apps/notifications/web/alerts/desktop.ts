/** Notifications of the operating system, after the reader has allowed them. */
import { type ComputedRef, computed, ref } from 'vue'
import type { Notification as Arrival } from '../../shared/schemas.ts'
import { useDesktop } from '../account/preferences.ts'

export interface DesktopNotifications {
  /** `unsupported`: by this browser, or because the page does not come over HTTPS. */
  readonly permission: ComputedRef<NotificationPermission | 'unsupported'>
  /** Wanted and allowed. */
  readonly isOn: ComputedRef<boolean>
  /** Asks the reader, the first time. */
  turn(on: boolean): Promise<void>
  show(notification: Arrival, opened: () => void): void
}

const isSupported = () => 'Notification' in globalThis && isSecureContext
const permission = ref<NotificationPermission | 'unsupported'>('unsupported')

export function useDesktopNotifications(): DesktopNotifications {
  const isWanted = useDesktop()
  permission.value = isSupported() ? Notification.permission : 'unsupported'
  const isOn = computed(() => isWanted.value && permission.value === 'granted')

  return {
    permission: computed(() => permission.value),
    isOn,
    async turn(on) {
      if (on && isSupported()) permission.value = await Notification.requestPermission()
      isWanted.value = on && permission.value === 'granted'
    },
    show({ id, title, body }, opened) {
      if (!isOn.value) return
      const shown = new Notification(title, { body, tag: `herald-${id}` })
      shown.onclick = () => {
        window.focus()
        shown.close()
        opened()
      }
    },
  }
}
