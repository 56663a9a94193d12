import type { SseRecords } from './types.ts'

/** The newest event of a record. */
export type RecordEntry = readonly [record: string, event: string, data: unknown]

/** What `sse.record` says about the event after it. */
export interface RecordLabel {
  /** Undefined: the event after it has no id. */
  readonly id: string | undefined
  readonly channels: readonly string[]
  readonly record: string
}

interface State {
  data: Map<string, unknown>
  /** The names of the events. */
  readonly events: Map<string, string>
  /** Whether nothing is missing. */
  isComplete: boolean
  ended: string | undefined
  /** Whether the channel was asked for by the client, and not only added by the server. */
  isAsked: boolean
}

type Snapshot = Map<string, RecordEntry[]>

/**
 * The records of the channels of a stream. A snapshot replaces the records of a channel when it is complete. If its connection breaks before, nothing
 * has changed, and the channel still lacks its records.
 *
 * @param tell called after a change. `changed`: the record; undefined: all of them
 * @param isWanted whether the client asks for a channel now
 * @param wasAsked whether the connection has asked for it
 */
export function createRecords(
  tell: (channel: string, changed: string | undefined) => void,
  isWanted: (channel: string) => boolean,
  wasAsked: (channel: string) => boolean,
) {
  const states = new Map<string, State>()
  let snapshot: Snapshot | undefined

  function setIncomplete(channel: string, state: State): void {
    if (!state.isComplete) return
    state.isComplete = false
    tell(channel, undefined)
  }

  function lackAll(): void {
    snapshot = undefined
    for (const [channel, state] of states) setIncomplete(channel, state)
  }

  function replace(channel: string, entries: readonly RecordEntry[]): void {
    states.set(channel, {
      data: new Map(entries.map(([record, , data]) => [record, data])),
      events: new Map(entries.map(([record, event]) => [record, event])),
      isComplete: true,
      ended: undefined,
      isAsked: isWanted(channel) || wasAsked(channel),
    })
    tell(channel, undefined)
  }

  return {
    /** The channels that have had records and lack them now. */
    get outdated() {
      return [...states].filter(([, { isComplete }]) => !isComplete).map(([channel]) => channel)
    },
    /** The channels that have their records. */
    get complete() {
      return [...states].filter(([, { isComplete }]) => isComplete).map(([channel]) => channel)
    },
    has: (channel: string) => states.get(channel)?.isComplete ?? false,
    knows: (channel: string) => states.has(channel),
    /** A connection has begun. What the one before has not finished is of no use. */
    drop(): void {
      snapshot = undefined
    },
    /** Events were missed. */
    lackAll,
    begin(channels: readonly string[]): void {
      snapshot = new Map(channels.map((channel) => [channel, []]))
    },
    /** @returns the channels whose records were replaced */
    done(channels: readonly string[]): readonly string[] {
      const whole = snapshot ?? new Map()
      snapshot = undefined
      const own = channels.filter((channel) => whole.has(channel))
      for (const channel of own) replace(channel, whole.get(channel))
      return own
    },
    /** @returns whether it belongs to a snapshot */
    set({ channels, record }: RecordLabel, event: string, data: unknown): boolean {
      for (const channel of channels) {
        const entries = snapshot?.get(channel)
        const state = states.get(channel)
        if (entries) entries.push([record, event, data])
        else if (state) {
          state.data.set(record, data)
          state.events.set(record, event)
          state.ended = undefined
          tell(channel, record)
        }
      }
      return channels.some((channel) => snapshot?.has(channel))
    },
    remove(channel: string, record: string): void {
      const state = states.get(channel)
      if (!state?.data.delete(record)) return
      state.events.delete(record)
      tell(channel, record)
    },
    end(channel: string, reason: string): void {
      const state = states.get(channel)
      if (!state) return
      state.data = new Map()
      state.events.clear()
      state.ended = reason
      tell(channel, undefined)
    },
    /** The stream is not on the channel any more. */
    leave(channel: string): void {
      snapshot?.delete(channel)
      const state = states.get(channel)
      if (!state) return
      states.delete(channel)
      tell(channel, undefined)
    },
    /** Forgets the channels that the client has asked for and left while no stream was open. */
    leaveUnasked(): void {
      for (const [channel, state] of states)
        if (state.isAsked && !isWanted(channel)) {
          states.delete(channel)
          tell(channel, undefined)
        }
    },
    stateOf(channel: string, changed?: string): SseRecords {
      const { data = new Map(), isComplete = false, ended } = states.get(channel) ?? {}
      return { channel, records: data, stale: !isComplete, changed, ended }
    },
    entriesOf(channel: string): RecordEntry[] {
      const { data, events } = states.get(channel) ?? {}
      return [...(data ?? [])].map(([record, value]) => [record, events?.get(record) ?? 'message', value])
    },
  }
}
