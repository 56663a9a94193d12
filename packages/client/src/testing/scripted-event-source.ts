import { type EventSourceConstructor, OPEN } from '../connection/connection.ts'
import { openEventSource } from '../connection/event-source.ts'

/** An EventSource that the test controls. Like a native one, it gives no status and sends no headers. */
export interface ScriptedEventSource extends EventTarget {
  readonly url: URL
  readonly withCredentials: boolean
  readyState: number
  open(): void
  send(event: string, data: string, lastEventId?: string): void
  /** The connection is lost. A native EventSource would reconnect. */
  lose(): void
  /** The status is not 200. A native EventSource gives up. */
  refuse(): void
  close(): void
}

/** A constructor, and its instances in the order in which they were made. */
export function scriptEventSource(): { EventSource: EventSourceConstructor; sources: ScriptedEventSource[] } {
  const sources: ScriptedEventSource[] = []

  class ScriptedSource extends EventTarget implements ScriptedEventSource {
    static readonly [OPEN] = openEventSource
    readonly url: URL
    readonly withCredentials: boolean
    readyState = 0

    constructor(url: string, { withCredentials = false } = {}) {
      super()
      this.url = new URL(url)
      this.withCredentials = withCredentials
      sources.push(this)
    }

    open() {
      this.readyState = 1
      this.dispatchEvent(new Event('open'))
    }

    send(event: string, data: string, lastEventId = '') {
      this.dispatchEvent(new MessageEvent(event, { data, lastEventId }))
    }

    lose() {
      this.readyState = 0
      this.dispatchEvent(new Event('error'))
    }

    refuse() {
      this.readyState = 2
      this.dispatchEvent(new Event('error'))
    }

    close() {
      this.readyState = 2
    }
  }

  return { EventSource: ScriptedSource, sources }
}
