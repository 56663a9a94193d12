import type { SseChannels, SseOpen } from '../events/control-events.ts'
import type { ClientInternals } from '../internals.ts'
import { createPresence } from './presence.ts'
import { createRecords, type RecordLabel } from './records.ts'
import type { SsePresenceEvent } from './types.ts'

/** What the channels of a client have besides events: records and members. Loaded when a page asks for them, or receives them. */
export interface Features {
  /**
   * Takes an event in the order of the wire, before its listeners.
   *
   * @param data the text of an event of this part; else the value of the event
   * @returns of an event of this part: what its listeners are told; else whether it has set a record that somebody listens for
   */
  receive(event: string, data: unknown, id: string, isInvalid: boolean): unknown
  /** The URL of a request, with the channels whose records the page lacks. */
  address(url: URL | Promise<URL>): URL | Promise<URL>
  /** Somebody listens for records or members. Tells what there is, and asks the server for what is missing. */
  watch(name: string): void
}

/** In front of the name of a channel: the name under which its records or members are emitted. */
export const RECORDS = 'sse.records:'
export const PRESENCE = 'sse.presence:'

/** What a listener for the records of all channels (`sse.records:`) is told. Only a tab that relays them to others needs that. */
export type RecordsFeed =
  | (Omit<RecordLabel, 'id'> & {
      readonly event: string
      readonly data: unknown
      /** Whether it is part of a snapshot, which is told as a whole. */
      readonly isOfSnapshot: boolean
    })
  | { readonly replaced: readonly string[]; readonly records: RecordsStore }

export type RecordsStore = Pick<ReturnType<typeof createRecords>, 'complete' | 'has' | 'entriesOf'>

export function createFeatures(client: ClientInternals): Features {
  const { channels, cursor, events } = client
  const isWanted = (channel: string) => channels.wanted.has(channel)
  const records = createRecords(
    (channel, changed) => emit(RECORDS + channel, records.stateOf(channel, changed)),
    isWanted,
    (channel) => asked.includes(channel),
  )
  const presence = createPresence((now) => {
    emit(PRESENCE + now.channel, now)
    emit(PRESENCE, now)
  })
  /** The channels of the newest connection. Those that the client wants may have changed since. */
  let asked = [...channels.wanted]
  const { connecting } = channels
  channels.connecting = () => {
    asked = [...connecting()]
    return asked
  }
  /** The cursor after the event that was taken last. */
  let position = cursor.told
  /** Names the record of the next event. */
  let label: RecordLabel | undefined
  /** Whether the requests ask for the names of records. The connection of a group of tabs always does. */
  let isNamed = false
  /** Channels for whose records alone the client has connected again. */
  const requested = new Set<string>()

  const emit = (event: string, value: unknown) => events.emit(value, { event, id: position })

  const watched = () =>
    [...events.names()].filter((name) => name.startsWith(RECORDS)).map((name) => name.slice(RECORDS.length))

  function reconnect(): void {
    const { status } = client.active().state
    if (status === 'open' || status === 'connecting') client.active().connect()
  }

  /** @returns whether somebody listens for it */
  function setRecord(named: RecordLabel, event: string, data: unknown): boolean {
    const isOfSnapshot = records.set(named, event, data)
    const { channels, record } = named
    const feed: RecordsFeed = { channels, record, event, data, isOfSnapshot }
    emit(RECORDS, feed)
    return ['', ...channels].some((channel) => events.has(RECORDS + channel))
  }

  function take(event: string, text: string): object | undefined {
    const given = parse(text)
    if (event === 'sse.event') return given
    const channel = string(given['channel'])
    const list = strings(given['channels'])
    if (event === 'sse.record') {
      const { id } = given
      label = {
        id: id === undefined ? undefined : string(id),
        channels: list,
        record: string(given['record']),
      }
      return undefined
    }
    if (event === 'sse.presence') {
      const members = toPresence(channel, given)
      presence.receive(members)
      return members
    }
    if (event === 'sse.removed') {
      const record = string(given['record'])
      records.remove(channel, record)
      return { channel, record }
    }
    if (event === 'sse.end') {
      const reason = string(given['reason']) || 'ended'
      records.end(channel, reason)
      return { channel, reason }
    }
    takeRecords(list, given['done'] === true)
    return { channels: list, ...(given['done'] === true && { done: true }) }
  }

  function takeRecords(of: readonly string[], isDone: boolean): void {
    label = undefined
    // Without their names there is nothing to keep.
    if (!isNamed && !client.shared) return
    if (!isDone) records.begin(of)
    else {
      const feed: RecordsFeed = { replaced: records.done(of), records }
      emit(RECORDS, feed)
    }
  }

  function leave(before: SseChannels, { channels: now }: SseChannels): void {
    for (const channel of before.channels) {
      if (now.includes(channel)) continue
      records.leave(channel)
      presence.leave(channel)
    }
  }

  return {
    receive(event, data, id, isInvalid) {
      position = id
      if (FEATURE_EVENTS.includes(event)) return take(event, String(data))
      if (event === 'sse.open') {
        label = undefined
        // The connection of a group of tabs resumes in its own way, and sends records again if that is needed.
        if (!client.shared && (data as SseOpen).resumed !== true) records.lackAll()
        else records.drop()
      } else if (event === 'sse.gap') records.lackAll()
      else if (event === 'sse.channels') leave(client.settled, data as SseChannels)
      if (event.startsWith('sse.')) return undefined
      const named = label
      label = undefined
      // An EventSource does not show an event without listeners, which the label may belong to.
      const isIts = named && !isInvalid && (named.id === undefined || named.id === id)
      return isIts && setRecord(named, event, data)
    },
    address(url) {
      isNamed ||= watched().length > 0
      if (!isNamed) return url
      // The app may have a newer position than the records.
      if (cursor.origin === 'app') records.lackAll()
      records.leaveUnasked()
      const all = new Set([...watched(), ...channels.wanted, ...records.outdated])
      const lacking = [...all].filter((channel) => channel && !records.has(channel))
      const names = records.complete.length === 0 ? '*' : lacking.map(encodeURIComponent).join()
      const add = (to: URL) => {
        const result = new URL(to)
        result.search += `${result.search ? '&' : '?'}records=${names}`
        return result
      }
      return url instanceof URL ? add(url) : url.then(add)
    },
    watch(name) {
      // Its listener may have left while this was loaded.
      if (!events.has(name)) return
      const isRecords = name.startsWith(RECORDS)
      const channel = name.slice(name.indexOf(':') + 1)
      if (isRecords && !client.shared && !isNamed) reconnect()
      else if (isRecords && records.knows(channel)) emit(name, records.stateOf(channel))
      else if (isRecords && channel && !client.shared && !isWanted(channel) && !requested.has(channel)) {
        // The server may have added the channel to a stream that has resumed, and then it does not send the records.
        requested.add(channel)
        reconnect()
      }
      const members = presence.get(channel)
      if (!isRecords && members) emit(name, members)
    },
  }
}

/** The events of the server that this part reads. `sse.event` names the channels of the next event, for a tab that relays it. */
export const FEATURE_EVENTS: readonly string[] = [
  ...['sse.event', 'sse.record', 'sse.records', 'sse.removed', 'sse.presence', 'sse.end'],
]

/** Nothing that a server sends may throw. */
function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(text))
  } catch {
    return {}
  }
}

const string = (value: unknown): string => (typeof value === 'string' ? value : '')

const strings = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []

const membersIn = (value: unknown) =>
  Array.isArray(value) ? value.filter((member) => typeof Object(member).id === 'string') : undefined

function toPresence(channel: string, given: Readonly<Record<string, unknown>>): SsePresenceEvent {
  const members = membersIn(given['members'])
  if (members) return { channel, members }
  if (typeof given['count'] === 'number') return { channel, count: given['count'] }
  return { channel, joined: membersIn(given['joined']) ?? [], left: strings(given['left']) }
}
