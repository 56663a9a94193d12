import { SseError, type SseMeta } from '@sse/client'
import type { Attempt } from './attempt.ts'
import type { Target } from '../store/mapping.ts'

/** An event on its way into the store. */
export interface Delivery {
  readonly targets: readonly Target[]
  readonly data: unknown
  readonly meta: SseMeta
  /** How many of its targets the store does not have. */
  lost: number
}

export interface Courier {
  /** Hands an event to its targets; batches only collect it. */
  deliver(delivery: Delivery): void
  /** Hands the batches over, and makes the calls that waited for them. */
  settle(): void
}

interface Batch {
  readonly target: Target
  readonly deliveries: Delivery[]
}

/**
 * Brings events to their targets in order. A batch is handed over before any single commit or dispatch that came after it, so nothing is
 * overtaken; a function waits for the batches of before it, so it finds its event in the store.
 */
export function createCourier(attempt: Attempt): Courier {
  const batches = new Map<unknown, Batch>()
  const calls: (() => void)[] = []

  function collect(target: Target, delivery: Delivery): void {
    const batch = batches.get(target.batch)
    if (batch) batch.deliveries.push(delivery)
    else batches.set(target.batch, { target, deliveries: [delivery] })
  }

  function hand(target: Target, data: unknown, deliveries: readonly Delivery[]): void {
    const { meta } = deliveries.at(-1) as Delivery
    attempt(() => {
      try {
        return target.run(data as never, meta)
      } catch (error) {
        // The store does not have the target.
        if (error instanceof SseError) for (const delivery of deliveries) delivery.lost++
        throw error
      }
    }, meta.event)
  }

  function settle(): void {
    // Taken out before it runs: what it calls may come back here.
    for (const [key, { target, deliveries }] of batches) {
      batches.delete(key)
      const data = deliveries.map((delivery) => delivery.data)
      hand(target, data, deliveries)
    }
    for (let call = calls.shift(); call; call = calls.shift()) call()
  }

  return {
    deliver(delivery) {
      for (const target of delivery.targets) {
        if (target.batch) {
          collect(target, delivery)
          continue
        }
        const run = () => hand(target, delivery.data, [delivery])
        if (target.isCall && batches.size + calls.length > 0) {
          calls.push(run)
        } else {
          if (!target.isCall) settle()
          run()
        }
      }
    },
    settle,
  }
}
