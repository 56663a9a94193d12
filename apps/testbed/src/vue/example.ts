import { writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { withChromium } from '../chromium.ts'
import { type PageServer, servePage } from './page.ts'
import { createProject, type PairName, type Project, type ProjectOptions } from './project.ts'
import { readExample } from './readme.ts'
/**
 * Runs the example of a README: a list of notifications, loaded with its position, and the events `saved` and `deleted`.
 *
 * @param packages as `createProject` takes them
 */
export function describeExample(
  readme: URL,
  pair: PairName,
  packages: readonly string[],
  options?: ProjectOptions,
): void {
  const browser = withChromium()

  /** The list, and the log of its changes: the position of an event is its place in the log. */
  const list = new Map<number, { id: number; title: string }>()
  const log: { event: string; data: unknown }[] = []
  let project: Project
  let server: PageServer
  let streams: { response: ServerResponse; cursor: unknown }[] = []
  let loads: ServerResponse[] = []

  const position = () => `log-${log.length}`

  function publish(event: 'saved' | 'deleted', data: { id: number; title: string } | number): void {
    if (typeof data === 'number') list.delete(data)
    else list.set(data.id, data)
    log.push({ event, data })
    const block = `event: ${event}\nid: ${position()}\ndata: ${JSON.stringify(data)}\n\n`
    streams.at(-1)?.response.write(block)
  }

  beforeEach(async () => {
    list.clear()
    log.length = 0
    streams = []
    loads = []
    project = createProject(pair, packages, options)
    for (const [name, code] of Object.entries(readExample(readme, pair)))
      writeFileSync(join(project.folder, name), code)
    server = await servePage(pair, project.folder, ({ url, headers }, response) => {
      if (url === '/notifications') loads.push(response)
      else if (url === '/events') {
        const cursor = headers['last-event-id']
        response.writeHead(200, { 'Content-Type': 'text/event-stream' })
        // The client waits 15 seconds at least, which is longer than this test: only its click connects again.
        response.write('retry: 60000\n')
        const open = { stream: 's', heartbeat: 15_000, resumed: cursor === undefined ? null : true }
        response.write(`event: sse.open\nid: ${cursor ?? position()}\ndata: ${JSON.stringify(open)}\n\n`)
        streams.push({ response, cursor })
      }
    })
  })

  afterEach(async () => {
    server?.close()
    project?.remove()
  })

  it('shows the list as it is on the server, says that it is offline, and comes back', async () => {
    publish('saved', { id: 1, title: 'before the page' })
    const page = await browser.newPage()
    const said: string[] = []
    page.on('pageerror', (error) => said.push(String(error)))
    page.on('console', (message) => said.push(message.text()))
    await page.goto(server.origin)
    await page.getByText('Loading').waitFor()
    await page.getByText('nothing yet').waitFor()
    await expect.poll(() => [streams.length, loads.length]).toEqual([1, 1])

    // The list is read before the second of these events, and arrives after both.
    publish('saved', { id: 2, title: 'in the list already' })
    const answer = JSON.stringify({ items: [...list.values()], position: position() })
    publish('saved', { id: 3, title: 'after the list was read' })
    // Only the list waits for its load.
    await page.getByRole('heading', { name: 'after the list was read' }).waitFor()
    loads[0]?.setHeader('Content-Type', 'application/json').end(answer)
    const shown = () => page.getByRole('listitem').allTextContents()
    const titles = () => [...list.values()].map(({ title }) => title)
    await expect.poll(shown).toEqual(titles())
    await page.getByText('Loading').waitFor({ state: 'detached' })

    publish('deleted', 2)
    await expect.poll(shown).toEqual(titles())

    streams[0]?.response.destroy()
    await page.getByText('Offline.').waitFor()
    await page.getByRole('button', { name: 'Try now' }).click()
    await expect.poll(() => streams[1]?.cursor).toBe('log-4')
    await page.getByText('Offline.').waitFor({ state: 'detached' })
    publish('saved', { id: 1, title: 'after it came back' })
    await page.getByRole('heading', { name: 'after it came back' }).waitFor()
    await expect.poll(shown).toEqual(titles())
    expect([streams.length, loads.length]).toEqual([2, 1])
    expect(said.filter((line) => !/net::ERR_|development mode|Devtools/.test(line))).toEqual([])
  })
}
