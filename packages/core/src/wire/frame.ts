import { Decoder } from './decode.ts'
import { type EventFields, encodeFields } from './encode.ts'

/** The content of a frame before it is encoded. A poll answers the content as JSON. */
export type FrameContent =
  | { readonly type: 'event'; readonly id?: string; readonly event: string; readonly data: string }
  | { readonly type: 'open'; readonly id: string | undefined; readonly resumed: boolean | null }
  | {
      readonly type: 'gap'
      readonly id: string | undefined
      readonly reason: string
      readonly requested: string
    }
  | {
      readonly type: 'channels'
      readonly channels: readonly string[]
      readonly refused: readonly string[]
      readonly asked?: readonly string[]
    }
  | { readonly type: 'close'; readonly reconnect: number | false }
  | { readonly type: 'ping'; readonly id: string }

/** One or several whole events as bytes, encoded once and shared by all streams that write them. */
export interface Frame {
  readonly bytes: Uint8Array
  /** The content, if it was kept. The window keeps bytes only. */
  readonly content?: FrameContent
  /** The bytes as text, if they are ASCII and for one stream: a transport that writes text need not read the bytes. */
  readonly ascii?: string
}

/** Creates a frame that is written and then dropped. */
export function frame(text: string, content?: FrameContent): Frame {
  const bytes = Buffer.from(text)
  return content ? { bytes, content } : { bytes }
}

/** A frame for one stream, whose bytes are made when they are read. */
export class AsciiFrame implements Frame {
  readonly ascii: string
  readonly content: FrameContent

  constructor(ascii: string, content: FrameContent) {
    this.ascii = ascii
    this.content = content
  }

  get bytes(): Uint8Array {
    return Buffer.from(this.ascii, 'latin1')
  }
}

/**
 * Creates a frame that is kept for a long time. It does not use Node's shared pool: 10,000 frames of 200 bytes among other small buffers kept
 * 45 MB of the pool alive. With their own memory they need 2 MB.
 */
export function longLivedFrame(text: string): Frame {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text))
  bytes.write(text)
  return { bytes }
}

/** Joins several frames into one, so that every client gets one buffer. */
export function joinFrames(frames: readonly Frame[]): Frame {
  const [first] = frames
  return frames.length === 1 && first ? first : { bytes: Buffer.concat(frames.map(({ bytes }) => bytes)) }
}

/** The content of an event as a client reads it: every line end becomes LF, and a lone surrogate becomes U+FFFD. */
export function contentOfEvent({ id, event, data = '' }: EventFields): FrameContent {
  const text = data.replace(/\r\n?/g, '\n').toWellFormed()
  return { type: 'event', ...(id !== undefined && { id }), event: event || 'message', data: text }
}

/** The contents of a frame, in order. */
export function contentsOf({ bytes, content }: Frame): readonly FrameContent[] {
  if (content) return [content]
  return new Decoder().decode(new TextDecoder().decode(bytes)).flatMap((item) => {
    if (item.type !== 'event') return []
    const { id, event, data } = item
    return { type: 'event', ...(id !== '' && { id }), event, data }
  })
}

/** The same event without its id. */
export function withoutId(whole: Frame): Frame {
  const [content] = contentsOf(whole)
  if (content?.type !== 'event') return whole
  const { event, data } = content
  return frame(encodeFields({ event: event === 'message' ? undefined : event, data }), {
    type: 'event',
    event,
    data,
  })
}
