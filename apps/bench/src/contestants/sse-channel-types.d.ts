/** The part of `sse-channel` that is measured: the package brings no types. */
declare module 'sse-channel' {
  import type { IncomingMessage, ServerResponse } from 'node:http'

  export default class SseChannel {
    constructor(options?: { jsonEncode?: boolean; pingInterval?: number })
    addClient(request: IncomingMessage, response: ServerResponse): void
    getConnectionCount(): number
    send(message: { data: unknown; id?: number; event?: string }): void
  }
}
