import { SseError } from '../errors.ts'
import type { StreamEvent } from '../stream/sse-stream.ts'
import type { BrokerState, HubCounters, HubOptions } from './types.ts'

/** Counts the events of a hub and passes them to the app's callbacks. A callback that throws stops nothing. */
export class Observer {
  readonly counters = zeroCounters()
  readonly #options: HubOptions

  constructor(options: HubOptions) {
    this.#options = options
  }

  stream(event: StreamEvent): void {
    if (event.type === 'open') this.counters.opened++
    else if (event.type === 'close') this.counters.closed[event.reason]++
    else if (event.type === 'refuse') this.counters.refused++
    else this.counters.gaps++
    this.#call(this.#options.onStream, event)
  }

  published(): void {
    this.counters.published++
  }

  refusedPublish(error: unknown): void {
    const { refusedPublishes } = this.counters
    const code = error instanceof SseError ? error.code : 'unknown'
    refusedPublishes[code] = (refusedPublishes[code] ?? 0) + 1
  }

  broker(state: BrokerState, cause: unknown): void {
    this.#call((told: BrokerState) => this.#options.onBroker?.(told, cause), state)
  }

  error(error: unknown): void {
    this.counters.errors++
    const { onError = console.error } = this.#options
    attempt(() => onError(error), console.error)
  }

  #call<T>(callback: ((value: T) => void) | undefined, value: T): void {
    if (!callback) return
    attempt(
      () => callback(value),
      (error) => this.error(error),
    )
  }
}

/** Calls a callback and catches its error, including the rejection of a promise. */
function attempt(call: () => unknown, failed: (error: unknown) => void): void {
  try {
    Promise.resolve(call()).catch(failed)
  } catch (error) {
    failed(error)
  }
}

function zeroCounters(): HubCounters {
  return {
    published: 0,
    refusedPublishes: {},
    opened: 0,
    closed: {
      client: 0,
      closed: 0,
      expired: 0,
      disconnected: 0,
      shutdown: 0,
      stalled: 0,
      overflow: 0,
      unopened: 0,
      refused: 0,
      answered: 0,
      ended: 0,
    },
    refused: 0,
    gaps: 0,
    errors: 0,
  }
}
