/** Short messages over the page. They are shown by `ToastStack.vue`; anything may add one. */
import { createToastManager } from 'reka-ui'
import type { Notification } from '../shared/schemas.ts'

/** What a toast shows, besides its title and text. */
export interface ToastContent {
  readonly kind: 'notification' | 'success' | 'failure' | 'reloaded'
  readonly notification?: Notification
}

export const toasts = createToastManager()

/** A new notification. Told twice, it is still one toast. */
export function announce(notification: Notification): void {
  toasts.add({
    id: `notification-${notification.id}`,
    title: notification.title,
    description: notification.body,
    type: 'background',
    data: { kind: 'notification', notification } satisfies ToastContent,
  })
}

export function announceSent(recipient: string): void {
  toasts.add({
    title: `Sent to ${recipient}`,
    type: 'background',
    duration: 3000,
    data: { kind: 'success' } satisfies ToastContent,
  })
}

export function announceFailure(error: unknown): void {
  toasts.add({
    title: 'That did not work',
    description: error instanceof Error ? error.message : String(error),
    type: 'foreground',
    data: { kind: 'failure' } satisfies ToastContent,
  })
}

/** Events were missed that could not be sent again, so the list was fetched. */
export function announceReload(): void {
  toasts.add({
    id: 'reloaded',
    title: 'You are up to date again',
    description: 'The connection was gone for a while, so the list was fetched anew. Nothing is missing.',
    type: 'background',
    data: { kind: 'reloaded' } satisfies ToastContent,
  })
}
