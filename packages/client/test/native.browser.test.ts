import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { launchChromium, until } from '@sse/testbed'
import { launchFirefox } from '@sse/testbed/firefox'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { END, type Heard, heardOf, inChunks, NUL_IN_ID, names, shapes } from '../contract/shapes.ts'
import type { createSseClient } from '../src/index.ts'
import { pageFile } from './page.ts'

declare const window: {
  readonly createSseClient: typeof createSseClient
  readonly EventSource: typeof EventSource
}

/** What both drivers of browsers offer. */
interface Page {
  goto(url: string): Promise<unknown>
  evaluate<Result, Argument>(
    run: (argument: Argument) => Result | Promise<Result>,
    argument: Argument,
  ): Promise<Result>
}

interface Browser {
  newPage(): Promise<Page>
  close(): Promise<void>
}

/** Bytes of a chunk. The table of the contract has more of them, over `fetch` in Node: here it is about what the platform reads. */
const sizes = [Number.POSITIVE_INFINITY, 1, 3]
const lineEnds = ['\n', '\r\n', '\r']

const begin = (response: ServerResponse) => {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
}

/** The page, and beside it the streams: `/events/SHAPE-LINE_END-SIZE` is a shape, written so; `/events/hidden` has what platforms hide. */
async function serve(): Promise<{ origin: string; cursors: (string | null)[]; close(): void }> {
  const cursors: (string | null)[] = []
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://page')
    const [, folder, name = ''] = url.pathname.split('/')
    const file = folder === 'events' ? undefined : pageFile(url.pathname)
    if (file) {
      const type = file.type === 'js' ? 'text/javascript' : 'text/html'
      response.writeHead(200, { 'Content-Type': type }).end(file.text)
    } else if (name === 'hidden') {
      cursors.push(url.searchParams.get('lastEventId'))
      begin(response)
      if (cursors.length === 1) {
        response.write('retry: 20\nid: 1\ndata: a\n\nid: 5\n\nevent: unheard\nid: 6\ndata: x\n\n')
        setImmediate(() => response.end())
      } else response.write('data: the end\n\n')
    } else {
      const [shape = 0, lineEnd = 0, size = 0] = name.split('-').map(Number)
      begin(response)
      for (const chunk of inChunks(
        `${shapes[shape]?.[1]}${END}`.replaceAll('\n', lineEnds[lineEnd]!),
        sizes[size]!,
      )) {
        response.write(chunk)
        await turn()
      }
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    cursors,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** Opens streams side by side. What each of them heard until its end. */
const listen = (page: Page, streams: readonly string[], isNative: boolean): Promise<Heard[][]> =>
  page.evaluate(
    ({ streams, isNative, names }) => {
      const EventSource = isNative ? window.EventSource : undefined
      const listenTo = (stream: string) =>
        new Promise<Heard[]>((resolve) => {
          const heard: Heard[] = []
          const options = { EventSource, parse: 'text', backoff: { base: 10 } } as const
          const client = window.createSseClient(`/events/${stream}`, options)
          for (const name of names) {
            client.on(name, (data, { event, id }) => {
              heard.push({ event, data, id })
              if (data !== 'the end') return
              client.close()
              resolve(heard)
            })
          }
          client.connect()
        })
      return Promise.all(streams.map(listenTo))
    },
    { streams, isNative, names },
  )

describe.each<[string, () => Promise<Browser>]>([
  ['Chromium', async () => (await launchChromium()) as Browser],
  ['Firefox', async () => (await launchFirefox()) as unknown as Browser],
])('in %s', (browserName, launch) => {
  let server: Awaited<ReturnType<typeof serve>>
  let browser: Browser
  let page: Page
  beforeAll(async () => {
    server = await serve()
    browser = await launch()
    page = await browser.newPage()
    await page.goto(server.origin)
    await until(() => page.evaluate(() => 'createSseClient' in window, undefined))
  })
  afterAll(async () => {
    await browser?.close()
    server?.close()
  })

  describe.each([
    ['fetch', false],
    ['the native EventSource', true],
  ])('over %s', (_, isNative) => {
    test.each(shapes.map(([name, , events], index) => ({ name, events, index })))(
      '$name',
      async ({ name, events, index }) => {
        // Firefox drops the whole event; the documentation says so.
        const isDropped = isNative && browserName === 'Firefox' && name === NUL_IN_ID
        const streams = lineEnds.flatMap((_, lineEnd) =>
          sizes.map((_, size) => `${index}-${lineEnd}-${size}`),
        )
        const heard = await listen(page, streams, isNative)
        const expected = heardOf(isDropped ? [] : events)
        expect(Object.fromEntries(streams.map((stream, at) => [stream, heard[at]]))).toEqual(
          Object.fromEntries(streams.map((stream) => [stream, expected])),
        )
      },
    )

    test('what the platform hides is what the documentation says', async () => {
      server.cursors.length = 0
      const [heard] = await listen(page, ['hidden'], isNative)
      // Over `fetch` the cursor travels in the header, which this server does not look at.
      if (isNative) expect(server.cursors.slice(0, 2)).toEqual([null, '1'])
      expect(heard?.map(({ id }) => id)).toEqual(isNative ? ['1', '1'] : ['1', '6'])
    })
  })
})
