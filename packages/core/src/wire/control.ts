import type { GapReason } from '../log/broker.ts'
import { encodeFields } from './encode.ts'
import { contentOfEvent, type Frame, type FrameContent, frame } from './frame.ts'

/**
 * The control events of a subscribed stream. Plain EventSource clients do not notice them, because nobody listens for their names. Each is an
 * event with a name, an id and data: only that form moves the cursor in every client.
 */

/** The first event of a subscribed stream. `resumed` is `null` if the client brought no cursor. */
export function openFrame(
  data: { readonly stream: string; readonly heartbeat: number; readonly resumed: boolean | null },
  id: string | undefined,
): Frame {
  return control('sse.open', { id, data }, { type: 'open', id, resumed: data.resumed })
}

/** Something is missing before whatever follows. Delivery goes on after `resumeAt`. */
export function gapFrame(reason: GapReason, requested: string, resumeAt: string | undefined): Frame {
  const data = { reason, requested: requested.slice(0, 256) }
  return control('sse.gap', { id: resumeAt, data }, { type: 'gap', id: resumeAt, ...data })
}

/**
 * The channels that the stream is on, and those that its client asked for and did not get. A stream that several tabs share is also told which
 * channels it is on only because its client asked: `asked`.
 */
export function channelsFrame(
  data: {
    readonly channels: readonly string[]
    readonly refused: readonly string[]
    readonly asked?: readonly string[]
  },
  position: string | undefined,
): Frame {
  return control('sse.channels', { id: position, data }, { type: 'channels', ...data })
}

/**
 * Says of the event that follows, by its id, on which channels the stream gets it. Only for a stream that several tabs share, and only
 * about channels that its client asked for. The app's own channels belong to every tab.
 */
export function eventFrame(id: string, channels: readonly string[]): Frame {
  const fields = { event: 'sse.event', data: JSON.stringify({ id, channels }) }
  return frame(encodeFields(fields), contentOfEvent(fields))
}

/**
 * The records of these channels follow, as events without ids: the page replaces what it has. `done`: they were all, as of this position, which is
 * told only here, so that a break before it starts again.
 */
export function recordsFrame(channels: readonly string[], position?: string): Frame {
  const data = { channels, ...(position !== undefined && { done: true as const }) }
  return control('sse.records', { id: position, data }, undefined)
}

/** Names the record that the following event sets, and its channels. Only for clients that ask for it. */
export function recordFrame(id: string | undefined, channels: readonly string[], record: string): Frame {
  const fields = { event: 'sse.record', data: JSON.stringify({ ...(id && { id }), channels, record }) }
  return frame(encodeFields(fields), contentOfEvent(fields))
}

/** The members of a channel: all of them, only their number, or what has changed. */
export function presenceFrame(
  channel: string,
  members:
    | { readonly members: readonly object[] }
    | { readonly count: number }
    | { readonly joined: readonly object[]; readonly left: readonly string[] },
): Frame {
  return control('sse.presence', { data: { channel, ...members } }, undefined)
}

/** The heartbeat. It has a name, so that the client's watchdog sees it, and an id, so that quiet channels keep up. */
export function pingFrame(position: string): Frame {
  return frame(encodeFields({ event: 'sse.ping', id: position, data: '' }), { type: 'ping', id: position })
}

/** The last event: reconnect after so many milliseconds, or not at all. `retry` says the same to native clients. */
export function closeFrame(reconnect: number | false, reason: string): Frame {
  const retry = reconnect === false ? stayAway : reconnect
  return control('sse.close', { retry, data: { reconnect, reason } }, { type: 'close', reconnect })
}

/**
 * A native EventSource cannot be told never to reconnect. This is the longest time that every timer holds, in milliseconds: 24.8 days.
 */
const stayAway = 2_147_483_647

function control(
  event: string,
  { data, ...fields }: { id?: string | undefined; retry?: number; data: object },
  content: FrameContent | undefined,
): Frame {
  const text = { event, ...fields, data: JSON.stringify(data) }
  return frame(encodeFields(text), content ?? contentOfEvent(text))
}
