import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { createSqliteBroker } from '../src/index.ts'
import { newFile, readAll, startBroker } from '../src/log-file.test-kit.ts'

/** The tables as version 1 of the log had them. */
const formerTables = `
  CREATE TABLE sse_log (one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL, epoch TEXT NOT NULL,
    base INTEGER NOT NULL, base_bytes INTEGER NOT NULL) STRICT;
  CREATE TABLE sse_terms (first INTEGER PRIMARY KEY, nonce TEXT NOT NULL) STRICT;
  CREATE TABLE sse_entries (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, bytes INTEGER NOT NULL,
    channels TEXT NOT NULL, event TEXT, data TEXT NOT NULL) STRICT;
  INSERT INTO sse_log VALUES (1, 1, 'abcdef01', 0, 0);
  INSERT INTO sse_terms VALUES (0, '000000000000');
  INSERT INTO sse_entries VALUES (1, unixepoch() * 1000, 5, '["a"]', NULL, 'data');
`

describe('records in a file', () => {
  it('a log of the former version keeps its entries and its ids, and gets records', async () => {
    const file = newFile()
    const former = new DatabaseSync(file)
    former.exec(formerTables)
    former.close()
    const { broker, head } = await startBroker(file)
    expect(head).toMatch(/^abcdef01-1-/)
    expect(await broker.records?.(['a'])).toEqual({ position: head, entries: [] })
    const { id } = await broker.publish(['a'], { data: '1' }, { record: 'x' })
    expect((await readAll(broker)).map(({ data, record }) => [data, record])).toEqual([
      ['data', undefined],
      ['1', 'x'],
    ])
    expect(await broker.records?.(['a'])).toMatchObject({ position: id, entries: [{ id, record: 'x' }] })
  })

  it('a transaction that is rolled back sets no record, and one that is committed does', async () => {
    const { broker } = await startBroker(newFile())
    const set = (data: string) => broker.publish(['a'], { data }, { record: 'x' })
    await set('1')
    const lost: Promise<unknown>[] = []
    expect(() =>
      broker.transaction(() => {
        lost.push(set('2'))
        throw new Error('no')
      }),
    ).toThrow('no')
    await Promise.allSettled(lost)
    expect((await broker.records?.(['a']))?.entries).toMatchObject([{ data: '1' }])
    let asked: ReturnType<NonNullable<typeof broker.records>> | undefined
    broker.transaction((database) => {
      database.exec('SAVEPOINT attempt')
      lost.push(set('3'))
      asked = broker.records?.(['a'])
      database.exec('ROLLBACK TO attempt')
      void set('4')
    })
    await Promise.allSettled(lost)
    expect((await asked)?.entries).toMatchObject([{ data: '4' }])
  })

  it('more records than a channel may have: that publish rejects, or its transaction, and others do not', async () => {
    const { broker } = await startBroker(newFile())
    const set = (record: string) => broker.publish(['a'], { data: '1' }, { record })
    await Promise.all(Array.from({ length: 10_000 }, (_, n) => set(`${n}`)))
    const outcomes = await Promise.allSettled([
      set('more'),
      set('0'),
      broker.publish(['a'], { data: 'event' }),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled'])
    expect(outcomes[0]).toMatchObject({ reason: { code: 'too-many-records', value: 'more' } })
    const lost: Promise<unknown>[] = []
    const work = () => void lost.push(set('more'))
    expect(() => broker.transaction(work)).toThrow(expect.objectContaining({ code: 'too-many-records' }))
    expect(await Promise.allSettled(lost)).toMatchObject([{ reason: { code: 'rolled-back' } }])
    await broker.publish(['a'], { event: 'sse.removed', data: '' }, { record: '1' })
    await set('more')
    expect((await broker.records?.(['a']))?.entries).toHaveLength(10_000)
  })

  it('rejects when the broker is closed', async () => {
    const broker = createSqliteBroker(newFile())
    await broker.close()
    await expect(broker.records?.(['a'])).rejects.toMatchObject({ code: 'closed' })
  })
})
