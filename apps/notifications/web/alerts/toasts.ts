/** Short messages over the page. They are shown by `ToastList.vue`; anything may add one. */
import { type ShallowRef, shallowRef } from 'vue'
import type { Notification } from '../../shared/schemas.ts'
import { openNotification } from '../frame/addresses.ts'
import { ApiError } from '../http/api.ts'
import { useWords } from '../words/index.ts'

export interface Toast {
  readonly id: string
  /** `kept`: not done yet, and it will be. */
  readonly kind: 'notification' | 'success' | 'kept' | 'failure' | 'reloaded'
  readonly title: string
  readonly text?: string
  /** Milliseconds. */
  readonly duration: number
  readonly action?: ToastAction
}

export interface ToastAction {
  readonly label: string
  /** How else one can do it, for those who cannot reach the toast in time. */
  readonly hint: string
  run(): unknown
}

export interface Toasts {
  /** New notifications that came together: a few are shown, many are only counted. */
  announce(notifications: readonly Notification[]): void
  announceSuccess(title: string, action?: ToastAction): void
  /** What one sends waits for the server. */
  announceKept(): void
  announceFailure(error: unknown): void
  /** Events were missed that could not be sent again, so the list was fetched. */
  announceReload(): void
}

const shown = shallowRef<readonly Toast[]>([])
export const toasts: Readonly<ShallowRef<readonly Toast[]>> = shown

export function closeToast(id: string): void {
  shown.value = shown.value.filter((toast) => toast.id !== id)
}

/** As many toasts as one reads at a glance. */
const few = 3
const usual = 6000
const short = 3000

let number = 0

/** Told twice, it is still one toast. */
function add({ id = `toast-${++number}`, ...toast }: Omit<Toast, 'id'> & { id?: string }): void {
  shown.value = [...shown.value.filter((other) => other.id !== id), { id, ...toast }].slice(-few - 1)
}

/** Of several of its kind the last one stays: while the server is gone, every click fails. */
function addOnly(toast: Omit<Toast, 'id'>): void {
  shown.value = shown.value.filter(({ kind }) => kind !== toast.kind)
  add(toast)
}

export function useToasts(): Toasts {
  const words = useWords()
  return {
    announce(notifications) {
      const { many, manyHint, show, showHint } = words.value.toasts
      if (notifications.length > few) {
        add({ kind: 'notification', title: many(notifications.length), text: manyHint, duration: usual })
        return
      }
      for (const { id, title, body } of notifications) {
        const action = { label: show, hint: showHint, run: () => openNotification(id) }
        add({ id: `notification-${id}`, kind: 'notification', title, text: body, duration: usual, action })
      }
    },
    announceSuccess(title, action) {
      add({ kind: 'success', title, duration: action ? usual : short, ...(action && { action }) })
    },
    announceKept() {
      const { kept, keptHint } = words.value.toasts
      addOnly({ kind: 'kept', title: kept, text: keptHint, duration: usual })
    },
    announceFailure(error) {
      const title = words.value.toasts.failed
      addOnly({ kind: 'failure', title, text: explain(error), duration: usual })
    },
    announceReload() {
      const { reloaded, reloadedHint } = words.value.toasts
      add({ id: 'reloaded', kind: 'reloaded', title: reloaded, text: reloadedHint, duration: usual })
    },
  }

  function explain(error: unknown): string {
    const { unreachable, tooMany } = words.value.failure
    if (error instanceof ApiError && error.status === 0) return unreachable
    if (error instanceof ApiError && error.status === 429) return tooMany
    return error instanceof Error ? error.message : String(error)
  }
}
