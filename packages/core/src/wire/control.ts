import type { GapReason } from '../log/broker.ts'
import { encodeFields } from './encode.ts'
import { type Frame, frame } from './frame.ts'

/**
 * The control events of a subscribed stream. Plain EventSource clients never notice them, because nobody listens for their
 * names; each is an event with a name, an id and data, the only form that moves the cursor in every client.
 */

/** The first event of a subscribed stream. `resumed` is `null` when the client brought no cursor. */
export function openFrame(
  data: { readonly stream: string; readonly heartbeat: number; readonly resumed: boolean | null },
  id: string | undefined,
): Frame {
  return control('sse.open', data, id)
}

/** Something is missing before whatever follows; delivery goes on after `resumeAt`. */
export function gapFrame(reason: GapReason, requested: string, resumeAt: string): Frame {
  return control('sse.gap', { reason, requested: requested.slice(0, 256) }, resumeAt)
}

/**
 * The channels that the stream is on, and those that its client asked for in vain. A stream that several tabs share is told too which
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
  return control('sse.channels', data, position)
}

/**
 * Says of the event that follows, by its id, on which channels the stream gets it. Only for a stream that several tabs share, and only
 * about channels that its client asked for: the app's own channels are every tab's.
 */
export function eventFrame(id: string, channels: readonly string[]): Frame {
  return frame(encodeFields({ event: 'sse.event', data: JSON.stringify({ id, channels }) }))
}

/** The heartbeat: it has a name, so that the client's watchdog sees it, and an id, so that quiet channels keep up. */
export function pingFrame(position: string): Frame {
  return frame(encodeFields({ event: 'sse.ping', id: position, data: '' }))
}

/** The last event: come back after so many milliseconds, or not at all. `retry` says the same to native clients. */
export function closeFrame(reconnect: number | false, reason: string): Frame {
  const retry = reconnect === false ? stayAway : reconnect
  const data = JSON.stringify({ reconnect, reason })
  return frame(encodeFields({ event: 'sse.close', retry, data }))
}

/**
 * A native EventSource cannot be told never to come back. This is the longest time that every timer holds, in milliseconds: 24.8 days.
 */
const stayAway = 2_147_483_647

function control(event: string, data: object, id: string | undefined): Frame {
  return frame(encodeFields({ event, id, data: JSON.stringify(data) }))
}
