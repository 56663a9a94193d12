/** Short messages over the page. They are shown by `ToastStack.vue`; anything may add one. */
import { createToastManager } from 'reka-ui'
import type { Notification } from '../../shared/schemas.ts'
import { ApiError } from '../http/api.ts'
import { useWords } from '../words/index.ts'

/** What a toast shows, besides its title and text. */
export interface ToastContent {
  readonly kind: 'notification' | 'success' | 'failure' | 'reloaded'
  readonly notification?: Notification
}

export interface Toasts {
  /** New notifications that came together: a few are shown, many are only counted. */
  announce(notifications: readonly Notification[]): void
  announceSuccess(title: string): void
  announceFailure(error: unknown): void
  /** Events were missed that could not be sent again, so the list was fetched. */
  announceReload(): void
}

export const toasts = createToastManager()

/** The id of the toast. */
let lastFailure: string | undefined

/** As many toasts as one reads at a glance. */
const few = 3

export function useToasts(): Toasts {
  const words = useWords()
  return {
    announce(notifications) {
      if (notifications.length > few) {
        const { many, manyHint } = words.value.toasts
        add('notification', many(notifications.length), { description: manyHint })
        return
      }
      for (const notification of notifications) {
        toasts.add({
          // Told twice, it is still one toast.
          id: `notification-${notification.id}`,
          title: notification.title,
          description: notification.body,
          type: 'background',
          data: { kind: 'notification', notification } satisfies ToastContent,
        })
      }
    },
    announceSuccess: (title) => add('success', title, { duration: 3000 }),
    announceFailure(error) {
      // Of several failures the last one stays: while the server is gone every click fails.
      if (lastFailure !== undefined) toasts.close(lastFailure)
      lastFailure = toasts.add({
        title: words.value.toasts.failed,
        description: explain(error),
        type: 'foreground',
        data: { kind: 'failure' } satisfies ToastContent,
      })
    },
    announceReload() {
      const { reloaded, reloadedHint } = words.value.toasts
      add('reloaded', reloaded, { id: 'reloaded', description: reloadedHint })
    },
  }

  function explain(error: unknown): string {
    const { unreachable, tooMany } = words.value.failure
    if (error instanceof ApiError && error.status === 0) return unreachable
    if (error instanceof ApiError && error.status === 429) return tooMany
    return error instanceof Error ? error.message : String(error)
  }
}

function add(
  kind: ToastContent['kind'],
  title: string,
  options: { id?: string; description?: string; duration?: number },
): void {
  toasts.add({ ...options, title, type: 'background', data: { kind } satisfies ToastContent })
}
