/** Notifications of the operating system, after the reader has allowed them. A service worker shows them, so a click finds the page again. */
import { type ComputedRef, computed, ref } from 'vue'
import type { Notification as Arrival } from '../../shared/schemas.ts'
import { useDesktop } from '../account/preferences.ts'
import { addressOfNotification, open } from '../frame/addresses.ts'

export interface DesktopNotifications {
  /** `unsupported`: by this browser, or because the page does not come over HTTPS. */
  readonly permission: ComputedRef<NotificationPermission | 'unsupported'>
  /** Wanted and allowed. */
  readonly isOn: ComputedRef<boolean>
  /** Asks the reader, the first time. */
  turn(on: boolean): Promise<void>
  show(notification: Arrival): Promise<void>
}

const isSupported = () =>
  'Notification' in globalThis && isSecureContext && navigator.serviceWorker !== undefined
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
      if (isOn.value) await worker()
    },
    async show({ id, title, body }) {
      if (!isOn.value) return
      // By its tag a notification that two tabs show is one.
      await (await worker()).showNotification(title, {
        body,
        tag: `herald-${id}`,
        data: { address: addressOfNotification(id) },
      })
    },
  }
}

let registration: Promise<ServiceWorkerRegistration> | undefined

function worker(): Promise<ServiceWorkerRegistration> {
  registration ??= navigator.serviceWorker
    .register('/desktop-worker.js')
    .then(() => navigator.serviceWorker.ready)
  return registration
}

/** A click on a notification opens it in this page. */
export function openWhatIsClicked(): void {
  navigator.serviceWorker?.addEventListener('message', ({ data }: MessageEvent<{ open?: unknown }>) => {
    if (typeof data?.open === 'string') void open(data.open)
  })
}
