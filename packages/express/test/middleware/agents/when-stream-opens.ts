import type { ServerResponse } from 'node:http'

/** Calls back when a response sends its head and turns out to be a stream. Other responses are left alone. */
export function whenStreamOpens(response: ServerResponse, opened: () => void): void {
  const { writeHead } = response
  response.writeHead = function (this: ServerResponse, ...head: unknown[]) {
    const result = Reflect.apply(writeHead, this, head)
    if (String(this.getHeader('Content-Type')).startsWith('text/event-stream')) opened()
    return result
  } as typeof writeHead
}
