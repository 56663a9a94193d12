import { assertType, describe, expectTypeOf, it } from 'vitest'
import { channels, createHub, type SseStream, sse } from './index.ts'

interface Events {
  notification: { title: string }
  tick: { now: number }
}

describe('sse', () => {
  it('gives streams the events of its hub', () => {
    const hub = createHub<Events>()
    const open = sse({ hub })
    void open(new Request('http://x'), (stream) => {
      expectTypeOf(stream).toEqualTypeOf<SseStream<Events>>()
      stream.send({ now: 1 }, { event: 'tick' })
      // @ts-expect-error a payload of another event
      stream.send({ title: 'Hi' }, { event: 'tick' })
    })
    assertType<(request: Request) => Promise<Response>>(channels(hub))
    assertType<(request: Request) => Promise<Response>>(channels(hub, open))
  })

  it('takes what a request tells, and undefined for every option', () => {
    const nothing = undefined as undefined
    assertType(
      sse({
        key: (request) => request.headers.get('X-User') ?? undefined,
        authorize: async (request, channel) => channel === request.url,
        client: (request) => request.headers.get('X-Real-IP') ?? undefined,
        origins: ['https://app.example', (origin, request) => origin === request.url],
        limits: { streams: 10_000, perKey: 6, channels: 64, rate: 500 },
      }),
    )
    assertType(sse({ hub: nothing, key: nothing, authorize: nothing, origins: nothing, client: nothing }))
    // @ts-expect-error authorize answers yes or no
    sse({ authorize: () => 'yes' })
  })

  it('takes headers of all forms', () => {
    const open = sse()
    const send = () => {}
    const request = new Request('http://x')
    void open(request, send, { headers: { 'X-App': 'mine' } })
    void open(request, send, { headers: new Headers() })
    void open(request, send, { headers: [['X-App', 'mine']] })
    // @ts-expect-error no option of this name
    void open(request, send, { status: 201 })
  })
})
