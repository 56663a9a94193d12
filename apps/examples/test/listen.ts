import { EventSource, type EventSourceInit } from 'eventsource'
import { onTestFinished } from 'vitest'

export interface Heard {
  readonly event: string
  readonly data: string
  readonly id: string
}

export interface Listening {
  readonly source: EventSource
  /** What has arrived, in order, of the names listened for; `open` and `error` are what EventSource tells of itself. */
  readonly heard: readonly Heard[]
  /** The data of the events of a name. */
  data(event: string): string[]
}

/** Listens as a page does, until the test ends. */
export function listen(url: string, events: readonly string[], init?: EventSourceInit): Listening {
  const source = new EventSource(url, init)
  onTestFinished(() => source.close())
  const heard: Heard[] = []
  for (const event of ['open', 'error', ...events]) {
    source.addEventListener(event, (message) => {
      const { data = '', lastEventId: id = '' } = message as MessageEvent
      heard.push({ event, data, id })
    })
  }
  return {
    source,
    heard,
    data: (event) => heard.filter((one) => one.event === event).map(({ data }) => data),
  }
}
