import type { SseRecords } from '@sse/client'
import type { Consumer, ReceivedEvent } from '@sse/client/internal'
import { onScopeDispose, type Ref, watch } from 'vue'
import { type ChannelName, nameOf } from '../components/channel-name.ts'
import type { SseStoreRecords } from '../types.ts'
import type { Target } from './dispatcher.ts'
import type { Receiver } from './receiver.ts'

/** What the client says of a channel. */
export interface Said {
  readonly channel: string
}

/** The end of a channel, its records or its members. */
export type SaidKind = 'end' | 'records' | 'presence'

/** The channel of an event by which the client says its records or members. */
export const channelIn = (event: string): string | undefined =>
  /^sse\.(?:records|presence):(.+)/.exec(event)?.[1]

/**
 * Hands what the client says of a channel to targets, per frame, after the events that came before it. Of several changes in one frame, only the
 * newest is handed over. No load of the app has it, so it waits for none.
 *
 * @param event the name under which the client emits it
 * @param read what the targets are given
 */
export function listenToNewest(
  { listen }: Pick<Receiver, 'listen'>,
  event: string,
  channel: string,
  targets: readonly Target[],
  read: (said: Said) => unknown = (said) => said,
): () => void {
  let newest: Said | undefined
  let isWaiting = false
  let isOn = true
  const consumer: Pick<Consumer, 'receive'> = {
    receive({ value, emit }: ReceivedEvent) {
      if ((value as Said).channel !== channel) return
      newest = value as Said
      if (isWaiting) return
      isWaiting = true
      emit()
    },
  }
  const followed = targets.map((target): Target => {
    return {
      ...target,
      run(_, meta) {
        isWaiting = false
        return isOn && target.run(read(newest!) as never, meta)
      },
    }
  })
  const off = listen(event, followed, consumer)
  return () => {
    isOn = false
    off()
  }
}

/** What a store is given: plain data, and no map that the client changes later. */
export function toPlain(said: Said): SseStoreRecords | Said {
  const { channel, records, stale, ended } = said as SseRecords
  return records ? { channel, records: Object.fromEntries(records), stale, ended } : said
}

/**
 * Follows what the client says of a channel, until the present effect scope ends. Loaded beside the page.
 *
 * @param said gets what the client says; undefined: it has said nothing of this channel yet
 */
export function followChannel(
  receiver: Receiver,
  channel: ChannelName,
  kind: SaidKind,
  said: Ref<Said | undefined>,
): void {
  function follow(name: string | undefined): () => void {
    if (!name) return () => {}
    const run = (newest: Said) => {
      said.value = newest
    }
    const event = kind === 'end' ? 'sse.end' : `sse.${kind}:${name}`
    return listenToNewest(receiver, event, name, [{ run, isCall: true }])
  }

  let end = follow(nameOf(channel))
  watch(
    () => nameOf(channel),
    (name) => {
      end()
      said.value = undefined
      end = follow(name)
    },
  )
  onScopeDispose(() => end())
}
