import { SseError, type SseMeta } from '@sse/client'
import { createQueue } from './queue.ts'

/** A target of an event, in one form for all kinds of mappings. */
export interface Target {
  readonly run: (data: never, meta: SseMeta) => unknown
  /** Events with the same key are put into one batch. Undefined: one call for each event. */
  readonly batch?: unknown
  /** A function, which does not change the store by itself. So batches need not be handed over before it. */
  readonly isCall?: boolean
}

/** An event on its way to its targets. */
export interface Delivery {
  readonly targets: readonly Target[]
  readonly data: unknown
  readonly meta: SseMeta
}

export interface DispatcherOptions {
  /** Whether events wait for the next frame. */
  isHeld(): boolean
  /** Reports an error and its event. Never throws. */
  report(error: unknown, event: string): void
  /** Called after each round with the events that reached a target, each once, and with the cursor after the round. */
  onRound(delivered: readonly Delivery[], lastEventId: string): void
}

export interface Dispatcher {
  push(delivery: Delivery): void
  /** Hands over all waiting events now. */
  flush(): void
  /** How many events wait. */
  waiting(): number
}

/** A delivery in the queue. */
interface Pending extends Delivery {
  /** How many of its targets are not in the store. */
  lost: number
}

interface Batch {
  readonly target: Target
  readonly deliveries: Pending[]
}

/**
 * Hands events to the app's targets, frame by frame and in order. A batch is handed over before any later single commit or dispatch, so no event overtakes another.
 * A function waits for the earlier batches, so it finds its event in the store.
 */
export function createDispatcher({ isHeld, report, onRound }: DispatcherOptions): Dispatcher {
  const batches = new Map<unknown, Batch>()
  const calls: (() => void)[] = []
  /** Events of this round, once for each of their listeners. */
  let round: Pending[] = []
  /** The event that was counted last. */
  let counted: SseMeta | undefined

  const queue = createQueue<Pending>(
    isHeld,
    (delivery) => {
      round.push(delivery)
      for (const target of delivery.targets) deliver(target, delivery)
    },
    () => {
      settle()
      endRound()
    },
  )

  function deliver(target: Target, delivery: Pending): void {
    if (target.batch) {
      const present = batches.get(target.batch)
      if (present) present.deliveries.push(delivery)
      else batches.set(target.batch, { target, deliveries: [delivery] })
      return
    }
    const call = () => hand(target, delivery.data, [delivery])
    if (target.isCall && batches.size + calls.length > 0) {
      calls.push(call)
    } else {
      if (!target.isCall) settle()
      call()
    }
  }

  function hand(target: Target, data: unknown, deliveries: readonly Pending[]): void {
    const { meta } = deliveries.at(-1) as Pending
    run(() => {
      try {
        return target.run(data as never, meta)
      } catch (error) {
        // The store does not have the target.
        if (error instanceof SseError) for (const delivery of deliveries) delivery.lost++
        throw error
      }
    }, meta.event)
  }

  /** Hands over the batches, then makes the calls that waited for them. */
  function settle(): void {
    // Removed before it runs, because its target may flush.
    for (const [key, { target, deliveries }] of batches) {
      batches.delete(key)
      const data = deliveries.map((delivery) => delivery.data)
      hand(target, data, deliveries)
    }
    for (let call = calls.shift(); call; call = calls.shift()) call()
  }

  function endRound(): void {
    const last = round.at(-1)
    if (!last) return
    const delivered = round.filter(({ lost, meta, targets }) => {
      // All listeners of one event receive the same meta.
      const isNew = meta !== counted && lost < targets.length
      if (isNew) counted = meta
      return isNew
    })
    round = []
    onRound(delivered, last.meta.id)
  }

  /** Runs code of the app. If it throws or rejects, the error is reported, and nothing else stops. */
  function run(code: () => unknown, event: string): void {
    const failed = (error: unknown) => report(error, event)
    try {
      const result = code()
      if (isThenable(result)) result.then(null, failed)
    } catch (error) {
      failed(error)
    }
  }

  return {
    push: (delivery) => queue.push({ ...delivery, lost: 0 }),
    flush: queue.flush,
    waiting: queue.waiting,
  }
}

/** Not only `Promise`: Vuex accepts any promises of the app. */
const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as Partial<PromiseLike<unknown>> | null | undefined)?.then === 'function'
