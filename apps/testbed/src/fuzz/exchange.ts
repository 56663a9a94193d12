import { connect } from 'node:net'

/** What a server answered, to the end of the connection. */
export interface Answer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Milliseconds after which a request counts as hung. */
const patience = 20_000

/**
 * Sends bytes as they are, which no HTTP client would, and reads until the server closes the connection: the request must ask for that by
 * `Connection: close`. `halfClosed`: nothing more will come, and the server is told so.
 *
 * @throws when the server says nothing more, or something that is no answer
 */
export async function exchange(
  port: number,
  request: string,
  { halfClosed = false }: { halfClosed?: boolean } = {},
): Promise<Answer> {
  const bytes = await new Promise<Buffer>((resolve, reject) => {
    const chunks: Buffer[] = []
    const socket = connect(port, 'localhost')
    socket.setTimeout(patience, () => {
      socket.destroy()
      reject(new Error(`No end to the answer: ${Buffer.concat(chunks).toString('latin1').slice(0, 500)}`))
    })
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('close', () => resolve(Buffer.concat(chunks)))
    // A server may close before it has read what it refuses.
    socket.on('error', () => {})
    socket.write(Buffer.from(request, 'latin1'))
    if (halfClosed) socket.end()
  })
  return parse(bytes)
}

/** A request of these lines and fields, all in Latin-1: one character, one byte. */
export function requestOf(
  line: string,
  headers: readonly (readonly [string, string])[] = [],
  body = '',
): string {
  const fields = [['Host', 'localhost'], ['Connection', 'close'], ...headers]
  return `${line}\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`
}

function parse(bytes: Buffer): Answer {
  const end = bytes.indexOf('\r\n\r\n')
  const [first = '', ...lines] = bytes.subarray(0, Math.max(0, end)).toString('latin1').split('\r\n')
  const status = /^HTTP\/1\.1 (\d{3})/.exec(first)?.[1]
  if (status === undefined)
    throw new Error(`No answer, but ${JSON.stringify(bytes.toString('latin1').slice(0, 200))}`)
  const headers: Record<string, string> = Object.create(null)
  for (const line of lines) {
    const colon = line.indexOf(':')
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim()
  }
  const body = bytes.subarray(end + 4)
  const chunked = headers['transfer-encoding'] === 'chunked'
  return { status: Number(status), headers, body: (chunked ? unchunked(body) : body).toString() }
}

/** RFC 9112, 7.1. */
function unchunked(body: Buffer): Buffer {
  const chunks: Buffer[] = []
  for (let at = 0; ; ) {
    const line = body.indexOf('\r\n', at)
    const size = Number.parseInt(body.subarray(at, line).toString('latin1'), 16)
    if (line === -1 || Number.isNaN(size)) throw new Error('The answer broke off.')
    if (size === 0) return Buffer.concat(chunks)
    chunks.push(body.subarray(line + 2, line + 2 + size))
    at = line + 2 + size + 2
  }
}
