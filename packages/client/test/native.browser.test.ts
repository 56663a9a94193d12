import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { launchChromium, until } from '@sse/testbed'
import { launchFirefox } from '@sse/testbed/firefox'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { END, type Heard, heardOf, inChunks, NUL_IN_ID, names, shapes } from '../contract/shapes.ts'
import type { createSseClient, SseClient } from '../src/index.ts'
import { pageFile } from './page.ts'

declare const window: {
  readonly createSseClient: typeof createSseClient
  readonly EventSource: typeof EventSource
  client: SseClient
  heard: Heard[]
}

/** What both drivers of browsers offer. */
interface Page {
  goto(url: string): Promise<unknown>
  evaluate<Result, Argument>(run: (argument: Argument) => Result, argument: Argument): Promise<Result>
}

interface Browser {
  newPage(): Promise<Page>
  close(): Promise<void>
}

const sizes = [Number.POSITIVE_INFINITY, 1, 2, 3, 7]
const lineEnds = ['\n', '\r\n', '\r']

/** A page, and beside it what each path under `/events/` says. */
async function serve(
  stream: (path: string, response: ServerResponse, cursor: string | null) => unknown,
): Promise<string> {
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://page')
    const file = url.pathname.startsWith('/events/') ? undefined : pageFile(url.pathname)
    if (file) {
      response
        .writeHead(200, { 'Content-Type': file.type === 'js' ? 'text/javascript' : 'text/html' })
        .end(file.text)
    } else await stream(url.pathname.slice(8), response, url.searchParams.get('lastEventId'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

async function openPage(browser: Browser, origin: string): Promise<Page> {
  const page = await browser.newPage()
  await page.goto(origin)
  await until(() => page.evaluate(() => 'createSseClient' in window, undefined))
  return page
}

const connect = (page: Page, path: string, isNative: boolean) =>
  page.evaluate(
    ({ path, isNative, names }) => {
      const EventSource = isNative ? window.EventSource : undefined
      window.client?.close()
      window.heard = []
      window.client = window.createSseClient(`/events/${path}`, {
        EventSource,
        parse: 'text',
        backoff: { base: 10 },
      })
      for (const name of names) {
        window.client.on(name, (data, { event, id }) => window.heard.push({ event, data, id }))
      }
      window.client.connect()
    },
    { path, isNative, names },
  )

/** What was heard, when the end was. */
async function heardAtEnd(page: Page): Promise<Heard[]> {
  const look = () => page.evaluate(() => window.heard, undefined)
  await until(async () => (await look()).at(-1)?.data === 'the end')
  return look()
}

const begin = (response: ServerResponse) => {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
}

describe.each<[string, () => Promise<Browser>]>([
  ['Chromium', async () => (await launchChromium()) as Browser],
  ['Firefox', async () => (await launchFirefox()) as unknown as Browser],
])('in %s', (browserName, launch) => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launch()
  })
  afterAll(() => browser?.close())

  describe.each([
    ['fetch', false],
    ['the native EventSource', true],
  ])('over %s', (_, isNative) => {
    test.each(shapes)('%s', async (shape, text, events) => {
      // Firefox drops the whole event; the documentation says so.
      const isDropped = isNative && browserName === 'Firefox' && shape === NUL_IN_ID
      const origin = await serve(async (path, response) => {
        const [lineEnd = 0, size = 0] = path.split('-').map(Number)
        begin(response)
        for (const chunk of inChunks(`${text}${END}`.replaceAll('\n', lineEnds[lineEnd]!), sizes[size]!)) {
          response.write(chunk)
          await turn()
        }
      })
      const page = await openPage(browser, origin)
      for (const lineEnd of lineEnds.keys()) {
        for (const size of sizes.keys()) {
          await connect(page, `${lineEnd}-${size}`, isNative)
          expect(await heardAtEnd(page), `${JSON.stringify(lineEnds[lineEnd])}, ${sizes[size]}`).toEqual(
            heardOf(isDropped ? [] : events),
          )
        }
      }
    })

    test('what the platform hides is what the documentation says', async () => {
      const cursors: (string | null)[] = []
      const origin = await serve((_, response, cursor) => {
        cursors.push(cursor)
        begin(response)
        if (cursors.length === 1) {
          response.write('retry: 20\nid: 1\ndata: a\n\nid: 5\n\nevent: unheard\nid: 6\ndata: x\n\n')
          setImmediate(() => response.end())
        } else response.write('data: the end\n\n')
      })
      const page = await openPage(browser, origin)
      await connect(page, 'hidden', isNative)
      const heard = await heardAtEnd(page)
      // Over `fetch` the cursor travels in the header, which this server does not look at.
      if (isNative) expect(cursors.slice(0, 2)).toEqual([null, '1'])
      expect(heard.map(({ id }) => id)).toEqual(isNative ? ['1', '1'] : ['1', '6'])
    })
  })
})
