import type { SseMeta } from '@sse/client'
import type { Attempt } from './attempt.ts'
import type { Target } from './mapping.ts'

/** An event on its way into the store. */
export interface Delivery {
  readonly targets: readonly Target[]
  readonly data: unknown
  readonly meta: SseMeta
}

export interface Courier {
  /** Hands an event to its targets; batches only collect it. */
  deliver(delivery: Delivery): void
  /** Hands the batches over, and makes the calls that waited for them. */
  settle(): void
}

interface Batch {
  readonly target: Target
  readonly data: unknown[]
  meta: SseMeta
}

/**
 * Brings events to their targets in order. A batch is handed over before any single commit or dispatch that came after it, so nothing is
 * overtaken; a function waits for the batches of before it, so it finds its event in the store.
 */
export function createCourier(attempt: Attempt): Courier {
  const batches = new Map<unknown, Batch>()
  const calls: (() => void)[] = []

  function collect(target: Target, { data, meta }: Delivery): void {
    const batch = batches.get(target.batch)
    if (batch) {
      batch.data.push(data)
      batch.meta = meta
    } else {
      batches.set(target.batch, { target, data: [data], meta })
    }
  }

  function settle(): void {
    // Taken out before it runs: what it calls may come back here.
    for (const [key, { target, data, meta }] of batches) {
      batches.delete(key)
      attempt(() => target.run(data as never, meta), meta.event)
    }
    for (let call = calls.shift(); call; call = calls.shift()) call()
  }

  return {
    deliver(delivery) {
      const { targets, data, meta } = delivery
      for (const target of targets) {
        if (target.batch) {
          collect(target, delivery)
          continue
        }
        const run = () => attempt(() => target.run(data as never, meta), meta.event)
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
