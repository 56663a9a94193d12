import { writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { withChromium } from '@sse/testbed'
import { createProject, type PageServer, type Project, readExample, servePage } from '@sse/testbed/vue'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const readme = new URL('../README.md', import.meta.url)

const browser = withChromium()

describe.each(['Vue 3', 'Vue 2.7'] as const)('the example of the README, verbatim, on %s', (pair) => {
  const sent: { id: number; title: string }[] = []
  let project: Project
  let server: PageServer
  let streams: { response: ServerResponse; cursor: unknown }[] = []
  let connected: Promise<unknown>
  let hasConnected = () => {}

  const expectStream = () => {
    connected = new Promise<void>((resolve) => {
      hasConnected = resolve
    })
  }
  const write = (response: ServerResponse | undefined, event: string, id: string, data: unknown) =>
    response?.write(`event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`)

  function notify(title: string): void {
    const notification = { id: sent.length + 1, title }
    sent.push(notification)
    write(streams.at(-1)?.response, 'notification', `${notification.id}`, notification)
  }

  beforeEach(async () => {
    sent.length = 0
    streams = []
    expectStream()
    project = createProject(pair, ['client', 'vue', 'vuex'])
    for (const [name, code] of Object.entries(readExample(readme, pair)))
      writeFileSync(join(project.folder, name), code)
    server = await servePage(pair, project.folder, ({ url, headers }, response) => {
      if (url === '/notifications') {
        response.setHeader('Content-Type', 'application/json')
        response.end(JSON.stringify(sent))
      } else if (url === '/events') {
        const cursor = headers['last-event-id']
        response.writeHead(200, { 'Content-Type': 'text/event-stream' })
        // The client waits 15 seconds at least, which is longer than this test: only its click connects again.
        response.write('retry: 60000\n')
        write(response, 'sse.open', `${sent.length}`, {
          ...{ stream: 's', heartbeat: 15_000, resumed: cursor === undefined ? null : true },
        })
        streams.push({ response, cursor })
        hasConnected()
      }
    })
  })

  afterEach(async () => {
    server?.close()
    project?.remove()
  })

  it('shows what it loads and what comes, says that it is offline, and comes back', async () => {
    sent.push({ id: 1, title: 'before the page' })
    const page = await browser.newPage()
    const said: string[] = []
    page.on('pageerror', (error) => said.push(String(error)))
    page.on('console', (message) => said.push(message.text()))
    await page.goto(server.origin)
    await connected
    await page.getByText('before the page').waitFor()
    await page.getByText('nothing yet').waitFor()

    notify('while it is open')
    await page.getByRole('heading', { name: 'while it is open' }).waitFor()
    write(streams[0]?.response, 'tick', '3', 42)
    await expect.poll(() => said).toContain('42')
    expect(await page.getByRole('listitem').allTextContents()).toEqual([
      'before the page',
      'while it is open',
    ])

    expectStream()
    streams[0]?.response.destroy()
    await page.getByText('Offline.').waitFor()
    await page.getByRole('button', { name: 'Try now' }).click()
    await connected
    expect(streams[1]?.cursor).toBe('3')
    await page.getByText('Offline.').waitFor({ state: 'detached' })
    notify('after it came back')
    await page.getByRole('heading', { name: 'after it came back' }).waitFor()
    expect(streams).toHaveLength(2)
    expect(said.filter((line) => !/net::ERR_|503|development mode|Devtools/.test(line))).toEqual(['42'])
  })
})
