/** The records of a channel. */
export interface SseRecords<Data = unknown> {
  readonly channel: string
  /** The newest data of each record, by the name of the record. The client changes this map later, so copy it to keep it. */
  readonly records: ReadonlyMap<string, Data>
  /** Whether records may be missing: they were not received yet, or events were missed and they are being sent again. */
  readonly stale: boolean
  /** The record that was set or removed. Undefined: all of them may have changed. */
  readonly changed: string | undefined
  /** Why the channel has ended, until a record is set again. An end removes all records. */
  readonly ended: string | undefined
}

/** A member of a channel: the owner of one or several streams. */
export interface SseMember<Info = unknown> {
  /** The same for everybody. It says nothing about the key. */
  readonly id: string
  /** What the server tells others about it. */
  readonly info: Info
  /** How many streams it has open. 0: it has just left, and stays a member for some seconds. */
  readonly streams: number
}

/** The members of a channel. */
export interface SsePresence<Info = unknown> {
  readonly channel: string
  /** In the order in which they were told. Undefined: there are so many that the server only tells their number. */
  readonly members: readonly SseMember<Info>[] | undefined
  readonly count: number
}

/** `sse.records`: events that set the records of these channels follow. They replace those that the page has. */
export interface SseRecordsEvent {
  readonly channels: readonly string[]
  /** These were all of them. */
  readonly done?: true
}

/** `sse.removed`: a record is gone. */
export interface SseRemoved {
  readonly channel: string
  readonly record: string
}

/** `sse.presence`: the members of a channel, or their number, or changes of them. {@link SsePresence} has the result. */
export interface SsePresenceEvent {
  readonly channel: string
  readonly members?: readonly SseMember[]
  readonly count?: number
  readonly joined?: readonly SseMember[]
  /** Their ids. */
  readonly left?: readonly string[]
}

/** `sse.end`: the channel has ended, until something is published to it. */
export interface SseEnd {
  readonly channel: string
  /** The server's word for it, such as `ended`, `failed` or `lost`. */
  readonly reason: string
}
