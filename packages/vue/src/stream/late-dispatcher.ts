import { loadParts, parts } from '../load-parts.ts'
import type { Delivery, Dispatcher, DispatcherOptions } from './dispatcher.ts'

/** The most events that wait for the code that delivers them. */
const MOST = 20_000

/**
 * A dispatcher whose code is loaded beside the connection.
 *
 * @param failed called if it cannot be loaded, as after a new deployment. What waits is delivered once it can
 */
export const createLateDispatcher =
  (failed: () => void) =>
  (options: DispatcherOptions): Dispatcher => {
    let dispatcher: Dispatcher | undefined
    let early: Delivery[] = []

    function deliver(): void {
      if (!parts) return
      dispatcher ??= parts.createDispatcher(options)
      const deliveries = early
      early = []
      for (const delivery of deliveries) dispatcher.push(delivery)
    }

    return {
      push(delivery) {
        early.push(delivery)
        if (parts) deliver()
        else if (early.length === 1) {
          loadParts()
            .then(deliver)
            .catch((error) => {
              options.report(error, 'sse.open')
              failed()
            })
        } else if (early.length > MOST) failed()
      },
      flush() {
        deliver()
        dispatcher?.flush()
      },
    }
  }
