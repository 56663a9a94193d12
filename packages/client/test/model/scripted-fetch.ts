/** A request in the hands of the test, and its answer. */
export interface ScriptedRequest {
  readonly cursor: string | null
  readonly query: string
  /** `pending`: not answered. `streaming`: the body of a 200 is open. `over`: answered, broken off or aborted. */
  readonly status: 'pending' | 'streaming' | 'over'
  /** Begins an event stream. */
  open(): void
  write(text: string): void
  answer(status: number, headers?: Record<string, string>): void
  end(): void
  /** The network breaks. */
  break(): void
}

/** A `fetch` that does nothing by itself, and remembers every request. */
export function scriptFetch(): { fetch: typeof fetch; requests: ScriptedRequest[] } {
  const requests: ScriptedRequest[] = []
  const scripted = async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const request = { status: 'pending' as ScriptedRequest['status'] }
    const { promise, resolve, reject } = Promise.withResolvers<Response>()
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined
    const encoder = new TextEncoder()
    const body = new ReadableStream<Uint8Array>({
      start(own) {
        controller = own
      },
      cancel() {
        request.status = 'over'
      },
    })
    function fail(error: unknown): void {
      if (request.status === 'over') return
      if (request.status === 'streaming') controller?.error(error)
      else reject(error)
      request.status = 'over'
    }
    init.signal?.addEventListener('abort', () => fail(init.signal?.reason))
    if (init.signal?.aborted) fail(init.signal.reason)
    const url = new URL(String(input))
    requests.push(
      Object.assign(request, {
        cursor: new Headers(init.headers).get('Last-Event-ID'),
        query: url.search,
        open() {
          request.status = 'streaming'
          resolve(new Response(body, { headers: { 'Content-Type': 'text/event-stream' } }))
        },
        write(text: string) {
          if (request.status === 'streaming') controller?.enqueue(encoder.encode(text))
        },
        answer(status: number, headers: Record<string, string> = {}) {
          request.status = 'over'
          resolve(new Response(null, { status, headers }))
        },
        end() {
          if (request.status === 'streaming') controller?.close()
          request.status = 'over'
        },
        break: () => fail(new TypeError('fetch failed')),
      }),
    )
    return promise
  }
  return { fetch: scripted as typeof fetch, requests }
}
