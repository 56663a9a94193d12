import type { RawEvent } from '../connection/connection.ts'
import type { SseMeta } from '../events/emitter.ts'
import type { SseClient } from '../types.ts'

/** An event with the label that the server sent before it. */
export interface LabelledEvent extends RawEvent {
  /** The requested channels that it was published to. Undefined: the server does not say, or it was published to a channel of the app's own. */
  readonly channels: readonly string[] | undefined
}

/** What the server says about the next event. */
interface Label {
  readonly id: string
  readonly channels: readonly string[]
}

/**
 * Receives the events of a client together with their channels, which the server names on a connection that tabs share.
 *
 * @returns listens for events of a name, and returns a function that stops listening
 */
export function withLabels(
  client: SseClient,
  receive: (told: LabelledEvent) => void,
): (name: string) => () => void {
  let label: Label | undefined
  client.on('sse.event', (text) => {
    label = readLabel(String(text))
  })
  return (name) =>
    client.on(name, (data, { event, id }) => {
      // The label may belong to an event that has no listener.
      const channels = label?.id === id ? label.channels : undefined
      label = undefined
      receive({ event, data: String(data), lastEventId: id, channels })
    })
}

/** A control event of a client, as text again. */
export const toLabelled = (value: object, { event, id }: SseMeta): LabelledEvent => ({
  event,
  data: JSON.stringify(value),
  lastEventId: id,
  channels: undefined,
})

function readLabel(text: string): Label | undefined {
  try {
    const { id, channels } = JSON.parse(text)
    return { id: String(id), channels: [channels].flat().map(String) }
  } catch {
    return undefined
  }
}

/*
 * Of the code that every page loads, this file imports only types. Values would become a chunk of their own and cost 400 bytes more.
 */

/** Asks the server to name the channels of events: by a header or, if none can be sent, in the query. */
export function requestLabels(
  url: URL,
  mayHaveHeaders: boolean,
): { url: URL; headers: Record<string, string> } {
  if (mayHaveHeaders && url.origin === location.origin) return { url, headers: { 'Sse-Shared': '1' } }
  const labelled = new URL(url)
  labelled.search += `${labelled.search ? '&' : '?'}shared=1`
  return { url: labelled, headers: {} }
}
