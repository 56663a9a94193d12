import type { SseMember, SsePresence, SseRecords } from '@sse/client'
import { computed, type Ref } from 'vue'
import type { SseSource } from '../types.ts'
import type { ChannelName } from './channel-name.ts'
import { useOnChannel } from './use-on-channel.ts'

/** What the client keeps of a channel. */
type Kept<State> = Readonly<Ref<State | undefined>>

/** The records of a channel, as refs. */
export interface SseRecordsRefs<Data> {
  /** The newest data of each record, by the name of the record, as a new `Map` after every change. Do not change the data itself. */
  readonly records: Readonly<Ref<ReadonlyMap<string, Data>>>
  /** Whether records may be missing: they were not received yet, or events were missed and they are being sent again. */
  readonly stale: Readonly<Ref<boolean>>
  /** Why the channel has ended, until a record is set again. An end removes all records. */
  readonly ended: Readonly<Ref<string | undefined>>
}

/**
 * The records of a channel: the newest event of each, as the server keeps them. The component joins the channel while it needs it. Nothing has to
 * be loaded. A server render has no records.
 *
 * @param stream the stream's `namespace`, or the object of `createSse`. Default: `sse`
 * @throws SseError as `useSseChannel`
 */
export function useSseRecords<Data = unknown>(
  channel: ChannelName,
  stream?: string | SseSource,
): SseRecordsRefs<Data> {
  const newest = useOnChannel('records', 'useSseRecords', channel, stream) as Kept<SseRecords<Data>>
  return {
    records: computed(() => new Map(newest.value?.records ?? [])),
    stale: computed(() => newest.value?.stale ?? true),
    ended: computed(() => newest.value?.ended),
  }
}

/** The members of a channel, as refs. */
export interface SsePresenceRefs<Info> {
  /** Empty while they are not known, and if there are so many that the server only tells their number. */
  readonly members: Readonly<Ref<readonly SseMember<Info>[]>>
  readonly count: Readonly<Ref<number>>
  /** Whether the members were not received yet. */
  readonly stale: Readonly<Ref<boolean>>
}

/**
 * The members of a channel: those who have a stream on it, each once. The component joins the channel while it needs it, so it is a member too,
 * unless the server says that it is invisible. A server render has no members.
 *
 * @param stream the stream's `namespace`, or the object of `createSse`. Default: `sse`
 * @throws SseError as `useSseChannel`
 */
export function usePresence<Info = unknown>(
  channel: ChannelName,
  stream?: string | SseSource,
): SsePresenceRefs<Info> {
  const newest = useOnChannel('presence', 'usePresence', channel, stream) as Kept<SsePresence<Info>>
  return {
    members: computed(() => newest.value?.members ?? []),
    count: computed(() => newest.value?.count ?? 0),
    stale: computed(() => !newest.value),
  }
}
