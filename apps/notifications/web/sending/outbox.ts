/** What was written while the server could not be reached: kept in this browser for each user, and sent once when it can be. */
import { useSse } from '@sse/vuex'
import { createGlobalState, useEventListener, useIntervalFn } from '@vueuse/core'
import * as v from 'valibot'
import { type ComputedRef, computed, shallowRef, watch } from 'vue'
import { type Draft, draftSchema } from '../../shared/schemas.ts'
import { useSession } from '../account/session.ts'
import { useToasts } from '../alerts/toasts.ts'
import { ApiError } from '../http/api.ts'
import { useInbox } from '../inbox/inbox.ts'
import { useWords } from '../words/index.ts'

const waitingSchema = v.object({
  /** The `Idempotency-Key`: whichever tab sends it, and however often, it is sent once. */
  key: v.string(),
  draft: draftSchema,
  /** When it was written, in milliseconds since the epoch. */
  at: v.number(),
  /** Why the server does not take it. */
  problem: v.optional(v.string()),
})
export type Waiting = v.InferOutput<typeof waitingSchema>

export interface Outbox {
  readonly waiting: ComputedRef<readonly Waiting[]>
  /** Whether something is about to be sent. */
  readonly isWaiting: ComputedRef<boolean>
  /** @returns whether there was room for it */
  add(draft: Draft, key: string): boolean
  /** Takes it back, unless it is being sent at this moment. */
  cancel(key: string): Promise<void>
}

/** Milliseconds between two attempts. The server can often be reached before the stream is open again. */
const pause = 3000
/** The server knows a key for a day: what is older might be sent twice, so its writer decides. Milliseconds. */
const oldest = 23 * 60 * 60 * 1000
const most = 100

/** Each has an item of its own: two tabs that change a common list at once would undo each other's change. */
const beginOf = (user: string) => `outbox:${user}:`

function read(user: string): Waiting[] {
  const begin = beginOf(user)
  return Object.keys(localStorage)
    .filter((name) => name.startsWith(begin))
    .flatMap((name) => parse(localStorage.getItem(name)))
    .sort((a, b) => a.at - b.at)
}

/** Nothing of what was taken back meanwhile, or written by another version of this page. */
function parse(text: string | null): Waiting[] {
  try {
    const entry = v.safeParse(waitingSchema, JSON.parse(text ?? 'null'))
    return entry.success ? [entry.output] : []
  } catch {
    return []
  }
}

/** Whether the server was not there, or about to go: then it is worth trying again. */
export function isUnreachable(error: unknown): boolean {
  return error instanceof ApiError && [0, 502, 503, 504].includes(error.status)
}

export const useOutbox: () => Outbox = createGlobalState(() => {
  const { user, recipientName } = useSession()
  const { send } = useInbox()
  const { announceSuccess } = useToasts()
  const words = useWords()
  const sse = useSse()
  const list = shallowRef<readonly Waiting[]>([])

  const look = () => {
    list.value = user.value ? read(user.value.id) : []
  }
  function put(of: string, entry: Waiting): void {
    localStorage.setItem(beginOf(of) + entry.key, JSON.stringify(entry))
    look()
  }
  function remove(of: string, key: string): void {
    localStorage.removeItem(beginOf(of) + key)
    look()
  }
  /** One tab at a time. The next one may still see what was sent, because its copy of the storage lags: the key is for that. */
  const alone = (of: string, work: () => Promise<void>) =>
    navigator.locks ? navigator.locks.request(beginOf(of), work) : work()
  /** As {@link alone}, or not at all if a tab is sending already. */
  const ifAlone = (of: string, work: () => Promise<void>) =>
    navigator.locks
      ? navigator.locks.request(beginOf(of), { ifAvailable: true }, (lock) => lock && work())
      : work()

  async function deliver(): Promise<void> {
    const of = user.value?.id
    if (of === undefined || list.value.every(isStuck)) return
    await ifAlone(of, async () => {
      for (const { key } of read(of)) {
        // It may have been taken back meanwhile, or somebody else has signed in.
        const next = read(of).find((entry) => entry.key === key)
        if (!next || isStuck(next)) continue
        if (user.value?.id !== of) return
        try {
          // The next one need not wait until this one is in the list.
          const { to } = await send(next.draft, key, { waits: false })
          remove(of, key)
          announceSuccess(words.value.toasts.sent(recipientName(to)))
        } catch (error) {
          if (!(error instanceof ApiError)) throw error
          if (isUnreachable(error) || error.status === 401 || error.status === 429) return
          put(of, { ...next, problem: error.message })
        }
      }
    })
  }

  useEventListener('storage', look)
  watch(() => user.value?.id, look, { immediate: true })
  watch(
    () => [sse.status, user.value?.id],
    () => {
      if (sse.status === 'open') void deliver()
    },
    { immediate: true },
  )
  useIntervalFn(() => {
    if (navigator.onLine) void deliver()
  }, pause)

  return {
    waiting: computed(() => list.value),
    isWaiting: computed(() => !list.value.every(isStuck)),
    add(draft, key) {
      if (!user.value || list.value.length >= most) return false
      put(user.value.id, { key, draft, at: Date.now() })
      return true
    },
    async cancel(key) {
      const of = user.value?.id
      if (of === undefined) return
      await alone(of, async () => remove(of, key))
    },
  }
})

/** It waits for its writer, not for the server. */
export function isStuck({ at, problem }: Waiting): boolean {
  return problem !== undefined || Date.now() - at > oldest
}
