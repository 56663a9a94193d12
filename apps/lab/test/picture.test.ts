import { until } from '@sse/testbed'
import { expect, test } from 'vitest'
import { perTransport, transportNames } from '../shared/lab.ts'
import { listenToAll } from './listen-to-all.ts'
import { startTestLab } from './start-lab.ts'

const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN

test('at 10 events a second and a poll a second the numbers show the known picture', async () => {
  const started = await startTestLab()
  const { lab } = started
  const seen = await listenToAll(started, 1_000)
  await started.watch()
  await until(() => transportNames.every((name) => seen[name].length >= 100), { timeout: 25_000 })
  const { published, readings } = lab.state()

  const delay = perTransport((name) => median(seen[name].map((event) => event.delay)))
  // On a quiet machine more than 100: a busy one delays what would be there at once.
  expect(delay.short / delay.sse).toBeGreaterThan(2)
  expect(delay.etag / delay.sse).toBeGreaterThan(2)
  expect(delay.short / delay.long).toBeGreaterThan(2)
  expect(delay.short / delay.websocket).toBeGreaterThan(2)

  const requests = perTransport((name) => readings[name].requests)
  expect(requests.long / published).toBeGreaterThan(0.4)
  expect(requests.long / published).toBeLessThan(1.1)
  expect(requests.long / requests.short).toBeGreaterThan(2)
  expect([requests.websocket, requests.sse]).toEqual([1, 1])

  const bytes = perTransport((name) => readings[name].bytesIn + readings[name].bytesOut)
  expect(bytes.long / bytes.sse).toBeGreaterThan(1.5)
})
