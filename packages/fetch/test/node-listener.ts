import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'

/** Translates requests and responses of `node:http`, and knows nothing more. Its request has a signal, and its response is cancelled. */
export function nodeListener(answer: (request: Request) => Promise<Response>): RequestListener {
  return async function listener(incoming, outgoing) {
    const abort = new AbortController()
    outgoing.on('close', () => outgoing.writableFinished || abort.abort())
    await send(await answer(requestOf(incoming, abort.signal)), outgoing)
  }
}

function requestOf(incoming: IncomingMessage, signal: AbortSignal): Request {
  const { method = 'GET', url = '/', headers } = incoming
  const given = Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)])
  const body =
    method === 'POST'
      ? { body: Readable.toWeb(incoming) as unknown as ReadableStream, duplex: 'half' as const }
      : {}
  return new Request(new URL(url, `http://${headers.host}`), { method, headers: given, signal, ...body })
}

async function send({ status, headers, body }: Response, outgoing: ServerResponse): Promise<void> {
  outgoing.writeHead(status, Object.fromEntries(headers))
  const reader = body?.getReader()
  outgoing.on('close', () => reader?.cancel().catch(() => {}))
  outgoing.flushHeaders()
  try {
    for (;;) {
      const { value, done = true } = (await reader?.read()) ?? {}
      if (done) break
      if (!outgoing.write(value)) await drained(outgoing)
    }
    outgoing.end()
  } catch {
    outgoing.destroy()
  }
}

/** Resolves when there is room again, or the client has left. */
function drained(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      outgoing.off('drain', settle).off('close', settle)
      resolve()
    }
    outgoing.on('drain', settle).on('close', settle)
  })
}
