import { randomBytes } from 'node:crypto'

/** How a stream is asked for. */
export type Protocol = 'sse' | 'websocket' | 'socket.io'

/** What a client says to open a stream, and what it waits for. */
export interface Handshake {
  readonly request: string
  /** Everything that must have come, in this order, for the stream to be open; `say` is sent when its text came. */
  readonly steps: readonly { readonly text: string; readonly say?: Buffer }[]
}

export interface HandshakeOptions {
  /** Sent as `Last-Event-ID`. */
  readonly lastEventId?: string | undefined
  /** A text to wait for besides the head. */
  readonly until?: string | undefined
}

export function handshake(protocol: Protocol, { lastEventId, until }: HandshakeOptions = {}): Handshake {
  if (protocol === 'sse') {
    const cursor = lastEventId === undefined ? '' : `Last-Event-ID: ${lastEventId}\r\n`
    return {
      request: `GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n${cursor}\r\n`,
      steps: [
        { text: 'HTTP/1.1 200' },
        { text: '\r\n\r\n' },
        ...(until === undefined ? [] : [{ text: until }]),
      ],
    }
  }
  if (protocol === 'websocket') return { request: upgrade('/events'), steps: upgraded }
  return {
    request: upgrade('/socket.io/?EIO=4&transport=websocket'),
    // Engine.IO opens by itself; Socket.IO's namespace is asked for, and confirmed.
    steps: [...upgraded, { text: '0{"sid"', say: maskedText('40') }, { text: '40{"sid"' }],
  }
}

const upgraded = [{ text: 'HTTP/1.1 101' }, { text: '\r\n\r\n' }]

function upgrade(path: string): string {
  const key = randomBytes(16).toString('base64')
  return `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`
}

/** A text frame of a client, which must be masked (RFC 6455, 5.3); a mask of zeros leaves the text as it is. */
function maskedText(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)])
}
