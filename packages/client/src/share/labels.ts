import type { RawEvent } from '../connection/connection.ts'
import type { Listener, SseMeta } from '../events/emitter.ts'
import type { RecordsFeed, RecordsStore } from '../features/features.ts'
import type { SseClient } from '../types.ts'
import type { RelayedRecord } from './protocol.ts'

/** An event with the labels that the server sent before it. */
export interface LabelledEvent extends RawEvent {
  /** The requested channels that it was published to. Undefined: the server does not say, or it was published to a channel of the app's own. */
  readonly channels: readonly string[] | undefined
  /** The record that it sets. */
  readonly record?: RelayedRecord | undefined
}

/** What the server says about the next event. */
interface Label {
  readonly id: string
  readonly channels: readonly string[]
}

type OnFeed = (channel: '', listener: Listener<RecordsFeed>) => () => void

/** The entries of the log that the server itself makes. */
export const LOG_EVENTS: readonly string[] = ['sse.removed', 'sse.end']

/** Whether an event is in the log: one of the app, or one of {@link LOG_EVENTS}. */
export const isLogged = ({ event }: RawEvent): boolean =>
  !event.startsWith('sse.') || LOG_EVENTS.includes(event)

/**
 * Receives the events of a client together with their channels and records, which the server names on a connection that tabs share. An event that
 * sets a record is received whatever its name is. The events of a snapshot are not received one by one.
 *
 * @param replaced called when the records of these channels were replaced
 * @returns listens for events of a name, and returns a function that stops listening
 */
export function withLabels(
  client: SseClient,
  receive: (told: LabelledEvent) => void,
  replaced?: (channels: readonly string[], records: RecordsStore) => void,
): (name: string) => () => void {
  const listening = new Set<string>()
  let label: Label | undefined
  let record: RelayedRecord | undefined
  /** Whether the next event is part of a snapshot. */
  let isOfSnapshot = false

  function tell(event: string, data: unknown, id: string): void {
    // The label may belong to an event that has no listener.
    const channels = label?.id === id ? label.channels : undefined
    const told = { event, data: typeof data === 'string' ? data : JSON.stringify(data), lastEventId: id }
    if (!isOfSnapshot) receive({ ...told, channels, ...(record && { record }) })
    label = record = undefined
    isOfSnapshot = false
  }

  client.on('sse.event', (value, { id }) => {
    label = readLabel(value, id)
  })
  // Its label must not be taken for that of the next event.
  client.on('sse.unhandled', () => {
    label = undefined
  })
  // Called before the listeners of the event itself.
  const toFeed = client.onRecords as unknown as OnFeed
  toFeed('', (told, { id }) => {
    if ('replaced' in told) {
      if (told.replaced.length > 0) replaced?.(told.replaced, told.records)
      return
    }
    const { channels, record: name, event, data } = told
    if (listening.has(event)) {
      record = { channels, record: name }
      isOfSnapshot = told.isOfSnapshot
    } else if (!told.isOfSnapshot) {
      record = { channels, record: name }
      tell(event, data, id)
    }
  })
  return (name) => {
    listening.add(name)
    const off = client.on(name, (data, { event, id }) => tell(event, data, id))
    return () => {
      off()
      listening.delete(name)
    }
  }
}

/** A control event of a client, as text again. */
export const toLabelled = (value: object, { event, id }: SseMeta): LabelledEvent => ({
  event,
  data: JSON.stringify(value),
  lastEventId: id,
  channels: undefined,
})

/** @param cursor the cursor at the label. An event without an id does not move it */
function readLabel(value: unknown, cursor: string): Label {
  const { id, channels } = Object(value)
  return { id: String(id) || cursor, channels: [channels].flat().map(String) }
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
