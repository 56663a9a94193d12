import { connect } from 'node:net'
import { createHub, type SseStream } from '@sse/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { until } from '../until.ts'
import type { Adapter, Setup } from './adapter.ts'
import { serve } from './serving.ts'

const big = 'x'.repeat(60_000)

/** What happens to clients that do not read. */
export function slowClientTests(adapter: Adapter): void {
  describe('a client that does not read', () => {
    /** A client that asks for a stream and then takes nothing. */
    async function setUp(options: Pick<Setup, 'stall' | 'maxUnread'> = {}) {
      const hub = createHub({ window: { bytes: 64_000_000 } })
      const opened = Promise.withResolvers<SseStream>()
      const { port } = await serve(adapter, {
        ...{ hub, ...options },
        routes: {
          '/news': (stream) => opened.resolve(stream.subscribe('news')),
          '/clock': (stream) => {
            stream.comment()
            opened.resolve(stream)
          },
        },
      })
      const client = connect(port, '127.0.0.1')
      onTestFinished(() => void client.destroy())
      client.on('error', () => {})
      const ask = async (path: string) => {
        client.pause()
        client.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
        return opened.promise
      }
      return { hub, client, ask }
    }

    const ended = (stream: SseStream) =>
      new Promise((resolve) =>
        stream.signal.addEventListener('abort', () => resolve(stream.signal.reason.code)),
      )

    it('is cut off when it takes nothing for as long as `stall`', async () => {
      const { hub, ask } = await setUp({ stall: 200 })
      const stream = await ask('/news')
      const end = ended(stream)
      while (!stream.closed && hub.stats().entries < 1000) await hub.publish('news', big)
      expect(await end).toBe('stalled')
      expect(hub.stats()).toMatchObject({ streams: 0, channels: 0 })
    })

    it('is cut off when more is sent to it than `maxUnread`', async () => {
      const { ask } = await setUp({ maxUnread: 500_000 })
      const stream = await ask('/clock')
      const end = ended(stream)
      while (!stream.closed) stream.send(big)
      expect(await end).toBe('overflow')
    })

    it('receives everything, in order, when it reads again in time', async () => {
      const { hub, client, ask } = await setUp()
      await ask('/news')
      const count = 500
      for (let n = 0; n < count; n++) await hub.publish('news', `${n} ${big}`)
      let text = ''
      client.setEncoding('latin1').on('data', (chunk) => {
        text += chunk
      })
      client.resume()
      await until(() => text.includes(`data: ${count - 1} x`))
      const seen = [...text.matchAll(/^data: (\d+) x/gm)].map((match) => Number(match[1]))
      expect(seen).toEqual(Array.from({ length: count }, (_, n) => n))
    })
  })
}
