import { until } from '@sse/testbed'
import supertest from 'supertest'
import { expect, test } from 'vitest'
import { startTestLab } from '../test/start-lab.ts'

test('some settings are changed, the others stay', async () => {
  const { lab, origin } = await startTestLab()
  const answer = await supertest(origin).patch('/api/settings').send({ rate: 20, latency: 50 }).expect(200)
  expect(answer.body).toMatchObject({
    settings: { rate: 20, latency: 50, interval: 1000, payload: 64, clients: 0 },
  })
  expect(lab.settings).toEqual(answer.body.settings)
})

test.each([
  [{ clients: 1_000_000 }, 'clients Must be a whole number from 0 to 200'],
  [{ rate: 0 }, 'rate Must be a whole number from 1 to 100'],
  [{ rate: 1.5 }, 'rate Must be a whole number'],
  [{ interval: 1 }, 'interval Must be a whole number from 100 to 60000 (ms)'],
  [{ payload: '64' }, 'payload Must be a whole number'],
  [{ latency: null }, 'latency Must be a whole number'],
  [{ speed: 3 }, 'speed'],
  [{ rate: 100, clients: 200 }, '20000 deliveries a second on each transport, and 2000 is the limit'],
  [{ rate: 100, clients: 20, payload: 16_384 }, 'more than 8 MiB a second'],
  [{ interval: 100, clients: 20, payload: 1_024 }, 'fetch a list of 100 events of 1024 bytes every 100 ms'],
])('settings that do not fit are refused, and nothing changes: %j', async (settings, reason) => {
  const { lab, origin } = await startTestLab()
  const before = lab.settings
  const answer = await supertest(origin).patch('/api/settings').send(settings).expect(400)
  expect(answer.type).toBe('application/problem+json')
  expect(answer.body.detail).toContain(reason)
  expect(lab.settings).toEqual(before)
})

test('what is no JSON, or too much of it, is refused', async () => {
  const { origin } = await startTestLab()
  const ask = supertest(origin)
  await ask.patch('/api/settings').expect(400)
  await ask.patch('/api/settings').type('json').send('{"rate":').expect(400)
  await ask
    .patch('/api/settings')
    .send({ rate: 'x'.repeat(10_000) })
    .expect(413)
})

test.each([{ seconds: 0 }, { seconds: 31 }, { seconds: '5' }, {}, undefined])(
  'no line is cut for %j',
  async (body) => {
    const { lab, origin } = await startTestLab()
    await supertest(origin).post('/api/cut').send(body).expect(400)
    expect(lab.state().cut).toBeNull()
  },
)

test('a cut says how long it lasts', async () => {
  const { origin } = await startTestLab()
  const { body } = await supertest(origin).post('/api/cut').send({ seconds: 2 }).expect(200)
  expect(body.cut.until - body.cut.from).toBeCloseTo(2000, 0)
})

test('a page of another origin may not steer, and a program may', async () => {
  const { origin } = await startTestLab()
  const ask = supertest(origin)
  await ask.post('/api/pause').set('Origin', 'http://evil.example').expect(403)
  await ask.post('/api/pause').set('Sec-Fetch-Site', 'cross-site').expect(403)
  await ask.post('/api/pause').set('Origin', origin).expect(200)
  await ask.post('/api/run').expect(200)
})

test('nothing is made while nobody watches, whoever else asks', async () => {
  const { lab, urls, watch } = await startTestLab()
  lab.change({ ...lab.settings, rate: 100 })
  for (let asked = 0; asked < 30; asked++) await fetch(urls.short)
  await watch()
  // Every event that was made counts for the one that watched.
  const { published, due } = lab.state()
  expect(due).toBe(published)
})

test('paused, the sequence stands still; run, it goes on', async () => {
  const { lab, origin, watch } = await startTestLab()
  await watch()
  const { body: paused } = await supertest(origin).post('/api/pause').expect(200)
  expect(paused.running).toBe(false)
  const { body: run } = await supertest(origin).post('/api/run').expect(200)
  expect(run).toMatchObject({ running: true, published: paused.published })
  await until(() => lab.state().published > paused.published)
})

test('a reset counts from nothing, in another run', async () => {
  const { lab, origin, urls, watch } = await startTestLab()
  await watch()
  await fetch(urls.short)
  const before = lab.state()
  expect(before.readings.short).toMatchObject({ requests: 1 })
  lab.pause()
  const { body } = await supertest(origin).post('/api/reset').expect(200)
  expect(body).toMatchObject({
    published: 0,
    due: 0,
    readings: { short: { requests: 0, bytesIn: 0, bytesOut: 0 } },
  })
  expect(body.run).not.toBe(before.run)
})

test('pages are told how the lab stands, at once after an order', async () => {
  const { lab, origin } = await startTestLab()
  lab.pause()
  const page = new AbortController()
  const stream = await fetch(`${origin}/api/stream`, { signal: page.signal })
  let text = ''
  void (async () => {
    for await (const chunk of stream.body!.pipeThrough(new TextDecoderStream())) text += chunk
  })().catch(() => {})
  await until(() => text.includes('sse.open'))
  await supertest(origin).patch('/api/settings').send({ rate: 7 }).expect(200)
  await until(() => text.includes('"rate":7'))
  page.abort()
})

test('what is not there is told as a problem', async () => {
  const { origin } = await startTestLab()
  for (const path of ['/api/nothing', '/nothing']) {
    const answer = await supertest(origin).get(path).expect(404)
    expect(answer.type).toBe('application/problem+json')
  }
})
