import type { SseMember, SsePresence, SseRecords } from '@sse/client'
import { computed, type Ref, shallowRef } from 'vue'
import { findSession } from '../stream/find-session.ts'
import type { SseSource } from '../types.ts'
import type { ChannelName } from './channel-name.ts'
import { followChannel } from './follow-channel.ts'
import { useSseChannel } from './use-sse-channel.ts'

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
  stream: string | SseSource = 'sse',
): SseRecordsRefs<Data> {
  const session = findSession(stream, 'useSseRecords')
  const newest = shallowRef<SseRecords<Data>>()
  followChannel<SseRecords<Data>>(
    session,
    channel,
    (name) => `sse.records:${name}`,
    (said) => {
      newest.value = said
    },
  )
  useSseChannel(channel, stream)
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
  stream: string | SseSource = 'sse',
): SsePresenceRefs<Info> {
  const session = findSession(stream, 'usePresence')
  const newest = shallowRef<SsePresence<Info>>()
  followChannel<SsePresence<Info>>(
    session,
    channel,
    (name) => `sse.presence:${name}`,
    (said) => {
      newest.value = said
    },
  )
  useSseChannel(channel, stream)
  return {
    members: computed(() => newest.value?.members ?? []),
    count: computed(() => newest.value?.count ?? 0),
    stale: computed(() => !newest.value),
  }
}
