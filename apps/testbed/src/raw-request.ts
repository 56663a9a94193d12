import { type IncomingHttpHeaders, request } from 'node:http'

export interface RawAnswer {
  /** 101 if the server has changed the protocol. The connection is closed then. */
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/**
 * Sends exactly this path and these headers. `fetch` would resolve the dots of a path, and refuse the header `Host`.
 *
 * @throws Error when the server closes the connection without an answer
 */
export function rawRequest(
  origin: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<RawAnswer> {
  const { hostname, port } = new URL(origin)
  return new Promise((resolve, reject) => {
    const asked = request({ host: hostname, port, path, headers, agent: false })
    asked.once('error', reject)
    asked.once('upgrade', ({ headers }, socket) => {
      socket.destroy()
      resolve({ status: 101, headers, text: '' })
    })
    asked.once('response', (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      answer.once('error', reject)
      answer.once('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }))
    })
    asked.end()
  })
}

/** The headers of a request for a WebSocket. */
export const webSocketHeaders = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==',
} satisfies Readonly<Record<string, string>>
