import { DatabaseSync } from 'node:sqlite'
import { expect, it, onTestFinished } from 'vitest'
import { newFile, readAll, startBroker } from '../log-file.test-kit.ts'

const numbers = (count: number) => Array.from({ length: count }, (_, n) => `${n}`)

it('keeps so many entries, exactly', async () => {
  const { broker } = await startBroker(newFile(), { keep: { entries: 10 } })
  await Promise.all(numbers(500).map((data) => broker.publish(['news'], { data })))
  expect((await readAll(broker)).map(({ data }) => data)).toEqual(numbers(500).slice(-10))
})

it('keeps so many bytes, and the newest entry however large it is', async () => {
  const { broker } = await startBroker(newFile(), { keep: { bytes: 1_000 } })
  for (const size of [300, 300, 300, 300]) {
    await broker.publish(['n'], { event: 'e', data: 'x'.repeat(size) })
  }
  expect((await readAll(broker)).length).toBe(3)
  await broker.publish(['n'], { data: 'x'.repeat(5_000) })
  expect((await readAll(broker)).map(({ data }) => data.length)).toEqual([5_000])
})

it('removes entries that are too old and keys that have expired, without a publish', async () => {
  const database = new DatabaseSync(newFile())
  onTestFinished(() => database.close())
  let now = 1_000_000
  const { broker } = await startBroker(database, { keep: { age: 10_000 }, now: () => now })
  const publish = (data: string) => broker.publish(['news'], { data }, { idempotencyKey: data })
  for (const data of numbers(600)) void publish(data)
  await publish('last of the old')
  now += 6_000
  const { id } = await publish('young')
  now += 6_000
  const left = async () => (await readAll(broker)).map(({ data }) => data)
  await expect.poll(left, { timeout: 10_000 }).toEqual(['young'])
  now += 6_000
  await expect.poll(left, { timeout: 10_000 }).toEqual([])
  const keys = () => database.prepare('SELECT count(*) AS count FROM sse_keys').get()?.['count']
  expect(keys()).toBe(602)
  now += 600_000
  await expect.poll(keys, { timeout: 10_000 }).toBe(0)
  // The head of an empty log is still a position.
  const { signal } = new AbortController()
  expect(await broker.read(id, { limit: 1, signal })).toEqual({ entries: [], done: true })
})

it('keeps the head of a log that has removed all entries, over a restart', async () => {
  const path = newFile()
  let now = 1_000_000
  const options = { keep: { age: 1_000 }, now: () => now }
  const first = await startBroker(path, options)
  const { id } = await first.broker.publish(['news'], { data: 'x' })
  now += 5_000
  await expect.poll(() => readAll(first.broker), { timeout: 10_000 }).toEqual([])
  await first.broker.close()
  const second = await startBroker(path, options)
  expect([second.head, second.tail]).toEqual([id, []])
})

it('is done in small steps when much is to go at once', async () => {
  const path = newFile()
  const first = await startBroker(path)
  await Promise.all(numbers(3_000).map((data) => first.broker.publish(['news'], { data })))
  await first.broker.close()

  const database = new DatabaseSync(path)
  onTestFinished(() => database.close())
  const { broker } = await startBroker(database, { keep: { entries: 10 } })
  const count = database.prepare('SELECT count(*) AS count FROM sse_entries')
  const counts: number[] = []
  while (counts.at(-1) !== 10) {
    await new Promise(setImmediate)
    counts.push(Number(count.get()?.['count']))
  }
  const steps = counts.map((left, index) => (counts[index - 1] ?? 3_000) - left)
  expect(Math.max(...steps)).toBeLessThanOrEqual(256)
  expect((await readAll(broker)).length).toBe(10)
})
