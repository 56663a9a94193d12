import { get, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import { connect } from 'node:http2'
import { get as getOverTls } from 'node:https'
import type { Readable } from 'node:stream'
import { until } from '@sse/testbed'
import { onTestFinished } from 'vitest'

/** Where to ask, and whose certificate to trust: `ca`, or of somebody whose certificate nobody has seen, any. */
export interface Address {
  readonly origin: string
  readonly ca?: string
  readonly rejectUnauthorized?: false
}

/** What has come of an answer so far. */
export interface Answer {
  status: number
  type: string | undefined
  text: string
  ended: boolean
}

/** A browser's connection: HTTP/2, with as many streams in it as are asked for. */
export function browse({ origin, ca, rejectUnauthorized }: Address) {
  const session = connect(origin, { ca, rejectUnauthorized }).on('error', () => {})
  onTestFinished(() => session.destroy())
  const ask = (path: string, headers: OutgoingHttpHeaders = {}): Answer => {
    const answer = nothing()
    const request = session.request({ ':path': path, ...headers }, { endStream: true })
    request.on('response', (headers) => {
      answer.status = Number(headers[':status'])
      answer.type = headers['content-type']
    })
    collect(request, answer)
    return answer
  }
  return {
    /** What has come so far, and goes on coming. */
    ask,
    /** One whole answer. */
    async get(path: string, headers?: OutgoingHttpHeaders): Promise<Answer> {
      const answer = ask(path, headers)
      await until(() => answer.ended)
      return answer
    },
  }
}

/** The same over HTTP/1.1, on a connection of its own, and without TLS where the origin says so. */
export function askHttp1({ origin, ca }: Address, path: string, headers: OutgoingHttpHeaders): Answer {
  const answer = nothing()
  const onResponse = (response: IncomingMessage) => {
    answer.status = response.statusCode ?? 0
    answer.type = response.headers['content-type']
    collect(response, answer)
  }
  const ask = origin.startsWith('https:') ? getOverTls : get
  const request = ask(`${origin}${path}`, { ca, headers, agent: false }, onResponse)
  onTestFinished(() => void request.on('error', () => {}).destroy())
  return answer
}

const nothing = (): Answer => ({ status: 0, type: undefined, text: '', ended: false })

function collect(stream: Readable, answer: Answer): void {
  stream
    .setEncoding('utf8')
    .on('data', (text) => {
      answer.text += text
    })
    .on('error', () => {})
    .on('close', () => {
      answer.ended = true
    })
}

/** What the browser's own EventSource says, and nothing else says. */
export const native = { accept: 'text/event-stream' }
/** What those say who see the status: our client, and polls. */
export const others = ['text/event-stream, application/problem+json', 'application/json']

/** The data of the events of a name, in what has come so far. */
export const data = ({ text }: Answer, event: string) =>
  text
    .split('\n\n')
    .flatMap((block) =>
      block.includes(`event: ${event}\n`)
        ? [...block.matchAll(/^data: ?(.*)$/gm)].map(([, value]) => value)
        : [],
    )
