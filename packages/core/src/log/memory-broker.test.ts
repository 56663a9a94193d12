import { describe, expect, it } from 'vitest'
import type { Entry } from './broker.ts'
import { createMemoryBroker } from './memory-broker.ts'

const { signal } = new AbortController()
const deaf = { entries() {}, discontinuity() {}, health() {} }

async function published(broker: ReturnType<typeof createMemoryBroker>, count: number): Promise<string[]> {
  const ids: string[] = []
  for (let n = 1; n <= count; n++) ids.push((await broker.publish(['a'], { data: `${n}` })).id)
  return ids
}

describe('the memory broker', () => {
  it('hands every entry to every hub, in order, each with the one before it', async () => {
    const broker = createMemoryBroker()
    const seen: Entry[][] = [[], []]
    const starts = await Promise.all(
      seen.map((list) => broker.start({ ...deaf, entries: (batch) => list.push(...batch) })),
    )
    await published(broker, 3)
    expect(seen[0]?.map((entry) => entry.data)).toEqual(['1', '2', '3'])
    expect(seen[1]).toEqual(seen[0])
    expect(seen[0]?.map((entry) => entry.previous)).toEqual([
      starts[0]?.head,
      seen[0]?.[0]?.id,
      seen[0]?.[1]?.id,
    ])
  })

  it('reads on from any cursor that it holds, page by page', async () => {
    const broker = createMemoryBroker()
    const { head: origin } = await broker.start(deaf)
    const ids = await published(broker, 5)
    const first = await broker.read(origin, { limit: 3, signal })
    expect(first).toMatchObject({ entries: [{ id: ids[0] }, { id: ids[1] }, { id: ids[2] }], done: false })
    expect(await broker.read(ids[2]!, { limit: 3, signal })).toMatchObject({
      entries: [{ id: ids[3] }, { id: ids[4] }],
      done: true,
    })
    expect(await broker.read(ids[4]!, { limit: 3, signal })).toEqual({ entries: [], done: true })
  })

  it('tells a cursor that it let go from one of another log and from none at all', async () => {
    const broker = createMemoryBroker({ entries: 2 })
    const { head: origin } = await broker.start(deaf)
    const ids = await published(broker, 4)
    const other = createMemoryBroker()
    const foreign = (await other.start(deaf)).head
    expect(await broker.read(origin, { limit: 9, signal })).toEqual({ gap: 'trimmed', resumeAt: ids[1] })
    expect(await broker.read(ids[1]!, { limit: 9, signal })).toMatchObject({ done: true })
    expect(await broker.read(foreign, { limit: 9, signal })).toEqual({ gap: 'forked', resumeAt: ids[1] })
    expect(await broker.read(ids[3]!.replace(/4$/, '5'), { limit: 9, signal })).toMatchObject({
      gap: 'forked',
    })
    for (const cursor of ['0', 'x', ids[3]!.replace(/4$/, '04'), `${ids[3]}x`]) {
      expect(await broker.read(cursor, { limit: 9, signal })).toEqual({ gap: 'unknown', resumeAt: ids[3] })
    }
  })

  it('answers a repeat under the same key with the first id, for ten minutes', async () => {
    let time = 0
    const broker = createMemoryBroker({ now: () => time })
    await broker.start(deaf)
    const first = await broker.publish(['a'], { data: '1' }, { idempotencyKey: 'k' })
    time = 599_999
    expect(await broker.publish(['a'], { data: '1' }, { idempotencyKey: 'k' })).toEqual({
      id: first.id,
      duplicate: true,
    })
    time = 600_000
    expect(await broker.publish(['a'], { data: '1' }, { idempotencyKey: 'k' })).toMatchObject({
      duplicate: false,
    })
  })

  it('starts a new hub with what it holds', async () => {
    const broker = createMemoryBroker({ entries: 2 })
    await broker.start(deaf)
    const ids = await published(broker, 3)
    const { head, tail } = await broker.start(deaf)
    expect(head).toBe(ids[2])
    expect(tail.map((entry) => entry.id)).toEqual(ids.slice(1))
  })
})
