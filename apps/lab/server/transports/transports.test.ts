import { once } from 'node:events'
import { rawRequest, until, webSocketHeaders } from '@sse/testbed'
import * as v from 'valibot'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { listAnswerSchema, pollAnswerSchema, transportNames } from '../../shared/lab.ts'
import { listLength } from '../../shared/settings.ts'
import { listenToAll } from '../../test/listen-to-all.ts'
import { startTestLab } from '../../test/start-lab.ts'

test('the same events come over all transports, whole and in order', async () => {
  const lab = await startTestLab()
  lab.lab.change({ ...lab.lab.settings, rate: 50, payload: 300 })
  const seen = await listenToAll(lab, 100)
  await lab.watch()
  await until(() => transportNames.every((name) => seen[name].length >= 20))
  lab.lab.pause()
  const published = lab.lab.state().published
  await until(() => transportNames.every((name) => seen[name].at(-1)?.n === published))
  for (const name of transportNames) {
    expect(seen[name].map(({ n }) => n)).toEqual(Array.from({ length: published }, (_, index) => index + 1))
    expect(seen[name].map(({ text, at }) => [text, at])).toEqual(seen.sse.map(({ text, at }) => [text, at]))
  }
  expect(seen.sse[0]?.text).toHaveLength(300)
})

test('after a cut polling with a cursor and SSE have everything, and WebSocket has what came while it was there', async () => {
  const lab = await startTestLab()
  lab.lab.change({ ...lab.lab.settings, rate: 50 })
  const seen = await listenToAll(lab, 100)
  await lab.watch()
  await until(() => transportNames.every((name) => seen[name].length >= 10))
  lab.lab.cut(1_000)
  const before = lab.lab.state().published
  await until(() => transportNames.every((name) => (seen[name].at(-1)?.n ?? 0) > before + 25), {
    timeout: 20_000,
  })
  lab.lab.pause()
  const published = lab.lab.state().published
  await until(() => transportNames.every((name) => seen[name].at(-1)?.n === published))
  const all = Array.from({ length: published }, (_, index) => index + 1)
  for (const name of ['short', 'long', 'sse'] as const) expect(seen[name].map(({ n }) => n)).toEqual(all)
  for (const name of ['etag', 'websocket'] as const) {
    const held = seen[name].map(({ n }) => n)
    expect(held).toEqual([...new Set(held)].sort((a, b) => a - b))
  }
  expect(seen.websocket.length).toBeLessThan(all.length - 10)
})

test('a short poll is answered at once, a long one when there is something', async () => {
  const { lab, urls, watch } = await startTestLab()
  lab.pause()
  await watch()
  const poll = async (url: string) => v.parse(pollAnswerSchema, await (await fetch(url)).json())
  const head = await poll(urls.short)
  expect(await poll(`${urls.short}?after=${head.next}`)).toEqual({ events: [], next: head.next, more: false })

  const waiting = poll(`${urls.long}?after=${head.next}`)
  await until(() => lab.state().readings.long.requests === 1)
  lab.run()
  expect((await waiting).events.map(({ n }) => n)).toEqual([1])
})

test('a list that is the same is answered 304 without a body, and a changed one is sent whole, as far as it goes', async () => {
  const { lab, urls, watch } = await startTestLab()
  lab.change({ ...lab.settings, rate: 100 })
  await watch()
  const ask = (etag?: string) =>
    fetch(urls.etag, { headers: etag === undefined ? {} : { 'If-None-Match': etag } })
  const early = (await ask()).headers.get('etag') ?? ''
  await until(() => lab.state().published > listLength + 10)
  lab.pause()
  const { published } = lab.state()

  const changed = await ask(early)
  expect(changed.status).toBe(200)
  expect(changed.headers.get('cache-control')).toBe('no-cache')
  const { events } = v.parse(listAnswerSchema, await changed.json())
  expect(events.map(({ n }) => n)).toEqual(
    Array.from({ length: listLength }, (_, index) => published - listLength + 1 + index),
  )

  // Not `fetch`, which asks for a new answer where a program names the one it has.
  const { pathname } = new URL(urls.etag)
  const same = await rawRequest(urls.etag, pathname, { 'If-None-Match': changed.headers.get('etag') ?? '' })
  expect([same.status, same.text]).toEqual([304, ''])
  await until(() => lab.state().readings.etag.notModified === 1)
  expect(lab.state().readings).toMatchObject({ etag: { requests: 3 }, short: { notModified: 0 } })
})

test('pages of this host may read, on whatever port, and those of others may not', async () => {
  const { urls } = await startTestLab()
  const allowed = async (url: string, Origin: string) => {
    const answer = await fetch(url, { headers: { Origin } })
    void answer.body?.cancel()
    return answer.headers.get('access-control-allow-origin')
  }
  for (const url of [urls.short, urls.etag, urls.long, urls.sse]) {
    expect(await allowed(url, 'http://127.0.0.1:3100')).toBe('http://127.0.0.1:3100')
    for (const foreign of ['http://evil.example', 'null', 'http://127.0.0.1.evil.example:3100']) {
      expect(await allowed(url, foreign)).toBeNull()
    }
  }
  const socket = new WebSocket(urls.websocket.replace('http', 'ws'), { origin: 'http://evil.example' })
  const [error] = (await once(socket, 'error')) as [Error]
  expect(error.message).toContain('401')
})

test('nobody answers to another host: the page, its orders and the transports', async () => {
  const { origin, urls } = await startTestLab()
  const Host = 'evil.example'
  const Origin = 'http://evil.example'
  for (const url of [`${origin}/api/lab`, `${origin}/api/stream`, ...Object.values(urls)]) {
    const { pathname } = new URL(url)
    for (const headers of [{ Host }, { Host, Origin }, { Host, Origin, ...webSocketHeaders }]) {
      const { status, text } = await rawRequest(url, pathname, headers)
      expect([url, status]).toEqual([url, 421])
      expect(text).toContain('ALLOWED_HOSTS')
    }
  }
  const open = (headers: Record<string, string>) =>
    rawRequest(urls.websocket, new URL(urls.websocket).pathname, { ...webSocketHeaders, ...headers })
  expect((await open({ Host: 'localhost', Origin })).status).toBe(401)
  expect((await open({ Host: 'localhost', Origin: 'http://localhost:3100' })).status).toBe(101)
})

test('what is not there is not found, and who does not upgrade is told to', async () => {
  const { urls } = await startTestLab()
  const statuses = await Promise.all(
    [new URL('/other', urls.short).href, urls.websocket].map(async (url) => (await fetch(url)).status),
  )
  expect(statuses).toEqual([404, 426])
})
