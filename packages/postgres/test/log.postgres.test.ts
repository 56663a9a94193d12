import { until } from '@sse/testbed'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { driverOf } from '../src/connection/driver.ts'
import { Log } from '../src/log/log.ts'
import { startBroker } from './kit/broker.ts'
import { type PostgresServer, startPostgres } from './kit/postgres-server.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())

it('a channel has at most 10,000 records; a record that is there can still change', async () => {
  const { broker, recorder } = await startBroker(server, { schema: 'full', timeout: 60_000 })
  const publish = (record: string, channels = ['prices']) =>
    broker.publish(channels, { data: record }, { record })
  await Promise.all(Array.from({ length: 10_000 }, (_, n) => publish(`r${n}`)))
  const refusal = { code: 'too-many-records', value: 'one too many' }
  await expect(publish('one too many')).rejects.toMatchObject(refusal)
  await expect(publish('one too many', ['other', 'prices'])).rejects.toMatchObject(refusal)
  await publish('r7')
  await broker.publish(['prices'], { event: 'sse.removed', data: '' }, { record: 'r8' })
  const { id } = await publish('room again')
  const { position, entries } = await broker.records!(['prices', 'other'])
  expect([position, entries.length]).toEqual([id, 10_000])
  expect(entries.at(-2)?.record).toBe('r7')
  await until(() => recorder.received.length === 10_003)
})

it('a batch that arrives again, after a part of it or before, is appended once', async () => {
  const pool = server.pool()
  const log = new Log(driverOf(pool, 10_000), 'attempts', 10_000, { bytes: Number.POSITIVE_INFINITY })
  await log.migrate()
  const entry = (nonce: string, key: string | null = null) => ({
    nonce,
    key,
    header: '[["a"],null]',
    record: null,
    data: nonce,
  })
  const [one, two, keyed] = [entry('000000000001'), entry('000000000002'), entry('000000000003', '"k"')]
  const attempts = [[one], [one, keyed, two], [two], [keyed], [one, two, keyed]]
  const positions = new Map<string, bigint>()
  for (const attempt of attempts) {
    const appended = await log.append(attempt, { after: 0n })
    if (appended === 'contended') throw new Error('contended')
    for (const [index, { nonce }] of attempt.entries()) {
      const outcome = appended.outcomes.get(index)
      if (outcome?.type !== 'appended') continue
      expect(positions.get(nonce) ?? outcome.position).toBe(outcome.position)
      positions.set(nonce, outcome.position)
    }
  }
  const { rows } = await log.from(0n, { entries: 10, bytes: 10_000 })
  expect(
    rows
      .slice(1)
      .map(({ nonce }) => nonce)
      .sort(),
  ).toEqual([one.nonce, two.nonce, keyed.nonce])
})

it('a transaction changes records when it has committed, and what it has published has no place before', async () => {
  const { broker } = await startBroker(server, { schema: 'transaction' })
  const client = await server.pool().connect()
  await client.query('BEGIN')
  const first = await broker.publishIn!(client, ['a'], { data: '1' }, { record: 'x' })
  await broker.publish(['a'], { data: '2' }, { record: 'x' })
  expect((await broker.records!(['a'])).entries.map(({ data }) => data)).toEqual(['2'])
  await client.query('COMMIT')
  client.release()
  await broker.idOf!(first.receipt)
  expect((await broker.records!(['a'])).entries.map(({ data }) => data)).toEqual(['1'])
  expect(await broker.stats()).toMatchObject({ unsequenced: 0, lag: 0 })
})
