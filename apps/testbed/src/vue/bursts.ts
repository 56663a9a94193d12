import { writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import type { TestBrowser } from '../chromium.ts'
import { type PageServer, servePage } from './page.ts'
import { createProject, type PairName, type ProjectOptions } from './project.ts'

export interface BurstServer extends PageServer {
  /** Sends notes to the newest page, numbered on from the last: in one write. */
  send(count: number): void
}

/**
 * A page for bursts, and a stream that the caller fills.
 *
 * @param packages as `createProject` takes them
 * @param main the code of the page
 */
export async function serveBursts(
  pair: PairName,
  packages: readonly string[],
  main: string,
  options?: ProjectOptions,
): Promise<BurstServer> {
  const project = createProject(pair, packages, options)
  writeFileSync(join(project.folder, 'main.ts'), main)
  let stream: ServerResponse | undefined
  let number = 0
  const { origin, close } = await servePage(pair, project.folder, (request, response) => {
    if (!request.url?.startsWith('/events')) return response.writeHead(404).end()
    response.writeHead(200, { 'Content-Type': 'text/event-stream' })
    response.write('event: sse.open\ndata: {"stream":"s","heartbeat":15000,"resumed":null}\n\n')
    stream = response
    number = 0
    return undefined
  })
  return {
    origin,
    send(count) {
      let text = ''
      for (const end = number + count; number < end; number++) {
        const note = { number, title: `Note number ${number}`, from: 'mina', tags: ['a', 'b'] }
        text += `event: note\nid: ${number}\ndata: ${JSON.stringify(note)}\n\n`
      }
      stream?.write(text)
    },
    close() {
      close()
      project.remove()
    },
  }
}

/** What a page has delivered at once: the frame, by its time in the document, when, in milliseconds, and how many notes. */
export interface Round {
  readonly frame: number
  readonly at: number
  readonly size: number
}

/** Rounds in the frame of the one before. A page waits 250 ms for a frame; on a busy machine the next one may be later. */
export function crowded(rounds: readonly Round[]): readonly Round[] {
  return rounds.filter(({ frame, at }, index) => {
    const before = rounds[index - 1]
    return before?.frame === frame && at - before.at < 200
  })
}

/** What a page for bursts offers. */
declare const window: {
  readonly burst: () => unknown
  readonly received: () => number
}

/**
 * A page that has taken a burst.
 *
 * @param script runs in the page before its own
 */
export async function takeBurst<Burst>(
  browser: TestBrowser,
  server: BurstServer,
  { count, query, script }: { readonly count: number; readonly query: string; readonly script?: string },
): Promise<Burst> {
  const page = await browser.newPage()
  if (script) await page.addInitScript(script)
  await page.goto(`${server.origin}/?${query}`)
  await page.waitForFunction(() => document.title === 'open')
  server.send(count)
  // No limit of its own: on a busy machine stores and devtools take long for so many.
  await page.waitForFunction((all) => window.received() === all, count, { timeout: 0 })
  const burst = (await page.evaluate(() => window.burst())) as Burst
  await page.close()
  return burst
}
