import { describe, expect, it } from 'vitest'
import { brokerConformance } from '../testing/index.ts'
import type { Broker, Entry, Receiver } from './broker.ts'
import { createMemoryBroker, createMemoryLog } from './memory-broker.ts'

const { signal } = new AbortController()
const deaf: Receiver = { entries() {}, discontinuity() {}, health() {}, signal() {} }

async function published(broker: Broker, count: number): Promise<string[]> {
  const publishing = Array.from({ length: count }, (_, n) => broker.publish(['a'], { data: `${n}` }))
  return (await Promise.all(publishing)).map(({ id }) => id)
}

/** The log drops entries only when it grows. */
const entries = 6_000

brokerConformance(
  { describe, it },
  {
    name: 'the memory broker',
    records: true,
    ended: true,
    limits: true,
    createLog: (records) => {
      const clock = { time: 0 }
      const now = () => clock.time + performance.now()
      return { clock, log: createMemoryLog({ entries, records, now }) }
    },
    connect: ({ log }) => log.connect(),
    advance: ({ clock }, milliseconds) => {
      clock.time += milliseconds
    },
    trim: async ({ log }) => {
      const broker = log.connect()
      await published(broker, entries)
      await broker.close()
    },
  },
)

describe('a memory broker without entries of its own', () => {
  it('delivers what is published, and knows only its head', async () => {
    const log = createMemoryLog({ entries: 0 })
    const broker = log.connect()
    const seen: Entry[] = []
    const { head: origin } = await broker.start({ ...deaf, entries: (batch) => seen.push(...batch) })
    const ids = await published(broker, 3)
    expect(seen.map(({ id }) => id)).toEqual(ids)
    expect(seen.map(({ previous }) => previous)).toEqual([origin, ids[0], ids[1]])
    expect(await log.connect().start(deaf)).toEqual({ head: ids[2], tail: [] })
    expect(await broker.read(ids[2]!, { limit: 9, signal })).toEqual({ entries: [], done: true })
    for (const cursor of [origin, ids[0]!, ids[1]!]) {
      expect(await broker.read(cursor, { limit: 9, signal })).toEqual({ gap: 'trimmed', resumeAt: ids[2] })
    }
  })
})

describe('createMemoryBroker', () => {
  it('belongs to one hub: a second start is refused, and the first is not affected', async () => {
    const broker = createMemoryBroker()
    const seen: string[] = []
    await broker.start({ ...deaf, entries: (batch) => seen.push(...batch.map(({ data }) => data)) })
    await expect(broker.start(deaf)).rejects.toMatchObject({ code: 'invalid-option' })
    await broker.publish(['a'], { data: '1' })
    expect(seen).toEqual(['1'])
  })

  it('keeps the newest 10,000 entries by default', async () => {
    const broker = createMemoryBroker()
    const { head: origin } = await broker.start(deaf)
    const ids = await published(broker, 10_001)
    expect(await broker.read(origin, { limit: 1, signal })).toEqual({ gap: 'trimmed', resumeAt: ids[0] })
    expect(await broker.read(ids[0]!, { limit: 1, signal })).toMatchObject({ entries: [{ id: ids[1] }] })
  })

  it('accepts any clock: ids contain neither a fraction of a millisecond nor a time before 1970', async () => {
    for (const time of [0.123456789, -5, Number.MAX_SAFE_INTEGER]) {
      const broker = createMemoryBroker({ now: () => time })
      const { head } = await broker.start(deaf)
      expect(head).toMatch(/^[0-9a-f]{16}-0$/)
      expect(await broker.read(head, { limit: 1, signal })).toEqual({ entries: [], done: true })
    }
  })

  it('puts only its own properties into an entry', async () => {
    const broker = createMemoryBroker()
    const { head } = await broker.start(deaf)
    const message = { data: 'x', id: 'mine', previous: 'mine', channels: ['mine'], more: 1 }
    const { id } = await broker.publish(['a'], message)
    expect(await broker.read(head, { limit: 1, signal })).toEqual({
      entries: [{ id, previous: head, channels: ['a'], event: undefined, data: 'x' }],
      done: true,
    })
  })

  it('continues when a receiver throws', async () => {
    const log = createMemoryLog()
    const [broken, sound] = [log.connect(), log.connect()]
    const seen: string[] = []
    await broken.start({ ...deaf, entries: () => fail('broken') })
    await sound.start({ ...deaf, entries: (batch) => seen.push(...batch.map(({ data }) => data)) })
    await expect(sound.publish(['a'], { data: '1' })).rejects.toThrow('broken')
    await broken.close()
    await sound.publish(['a'], { data: '2' })
    expect(seen).toContain('2')
  })

  it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, '10'])('refuses to keep %s entries', (count) => {
    expect(() => createMemoryBroker({ entries: count as number })).toThrow(
      expect.objectContaining({ code: 'invalid-option', value: count }),
    )
  })
})

function fail(message: string): never {
  throw new Error(message)
}
