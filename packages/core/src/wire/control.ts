import { maxDelay } from '../check.ts'
import type { GapReason } from '../log/broker.ts'
import { encodeFields } from './encode.ts'
import { AsciiFrame, contentOfEvent, type Frame, type FrameContent, frame } from './frame.ts'

/**
 * The control events of a subscribed stream. Plain EventSource clients ignore them, because they have no listeners for these names. Each is an
 * event with a name, an id and data: only that form moves the cursor in every client.
 */

/** The first event of a subscribed stream, after its `greeting`. `resumed` is `null` if the client sent no cursor. */
export function openFrame(
  data: { readonly stream: string; readonly heartbeat: number; readonly resumed: boolean | null },
  id: string | undefined,
  greeting = '',
): Frame {
  const { stream, heartbeat, resumed } = data
  const start = id === undefined ? '' : `id: ${id}\n`
  // Every stream has this event, and none of these values needs to be escaped.
  const text = `${greeting}${start}event: sse.open\ndata: {"stream":"${stream}","heartbeat":${heartbeat},"resumed":${resumed}}\n\n`
  return new AsciiFrame(text, { type: 'open', id, resumed })
}

/** Tells the client that events are missing. Delivery continues after `resumeAt`. */
export function gapFrame(reason: GapReason, requested: string, resumeAt: string | undefined): Frame {
  const data = { reason, requested: requested.slice(0, 256) }
  return control('sse.gap', { id: resumeAt, data }, { type: 'gap', id: resumeAt, ...data })
}

/**
 * Tells the client the channels of its stream, and the channels that it asked for and did not get. On a stream that several tabs share, `asked`
 * names the channels that only the client asked for.
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
 * Names the channels of the next event, which it identifies by id. It is used only on a stream that several tabs share, and only for channels
 * that the client asked for. The app's own channels belong to every tab.
 */
export function eventFrame(id: string, channels: readonly string[]): Frame {
  const fields = { event: 'sse.event', data: JSON.stringify({ id, channels }) }
  return frame(encodeFields(fields), contentOfEvent(fields))
}

/**
 * Precedes the records of these channels, which follow as events without ids. The page replaces its records with them. `done`: these were all
 * records at this position. Only this event has an id, so a client whose connection breaks before it gets them all again.
 */
export function recordsFrame(channels: readonly string[], position?: string): Frame {
  const data = { channels, ...(position !== undefined && { done: true as const }) }
  return control('sse.records', { id: position, data }, undefined)
}

/** Names the record that the following event sets, and its channels. Only clients that ask for it get it. */
export function recordFrame(id: string | undefined, channels: readonly string[], record: string): Frame {
  const fields = { event: 'sse.record', data: JSON.stringify({ ...(id && { id }), channels, record }) }
  return frame(encodeFields(fields), contentOfEvent(fields))
}

/** The members of a channel: all, only their number, or the changes. */
export function presenceFrame(
  channel: string,
  members:
    | { readonly members: readonly object[] }
    | { readonly count: number }
    | { readonly joined: readonly object[]; readonly left: readonly string[] },
): Frame {
  return control('sse.presence', { data: { channel, ...members } }, undefined)
}

/** The heartbeat. It has a name, so that the client's watchdog sees it, and an id, so that the cursor moves while its channels are quiet. */
export function pingFrame(position: string): Frame {
  return frame(encodeFields({ event: 'sse.ping', id: position, data: '' }), { type: 'ping', id: position })
}

/** The last event: the client should reconnect after `reconnect` milliseconds, or not at all. `retry` tells native clients the same. */
export function closeFrame(reconnect: number | false, reason: string): Frame {
  // A native EventSource always reconnects, so it gets the longest delay.
  const retry = reconnect === false ? maxDelay : reconnect
  return control('sse.close', { retry, data: { reconnect, reason } }, { type: 'close', reconnect })
}

function control(
  event: string,
  { data, ...fields }: { id?: string | undefined; retry?: number; data: object },
  content: FrameContent | undefined,
): Frame {
  const text = { event, ...fields, data: JSON.stringify(data) }
  return frame(encodeFields(text), content ?? contentOfEvent(text))
}
