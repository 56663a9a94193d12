import { createHub } from '@sse/core'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createSqliteBroker } from '../index.ts'
import { newFile, readAll, startBroker } from '../log-file.test-kit.ts'
import { DatabaseSync } from '../node-sqlite.ts'

const id = (seq: number) => `01234567-${seq}-0123456789ab`

/** A log of the second version. It has let go of its first two entries, and the records have outlived them. */
const secondVersion = `
  CREATE TABLE sse_log (
    one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL, epoch TEXT NOT NULL,
    base INTEGER NOT NULL, base_bytes INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE sse_terms (first INTEGER PRIMARY KEY, nonce TEXT NOT NULL) STRICT;
  CREATE TABLE sse_entries (
    seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, bytes INTEGER NOT NULL,
    channels TEXT NOT NULL, event TEXT, data TEXT NOT NULL, record TEXT
  ) STRICT;
  CREATE TABLE sse_keys (key TEXT PRIMARY KEY, id TEXT NOT NULL, expires INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE sse_probe (one INTEGER PRIMARY KEY CHECK (one = 1), filler BLOB NOT NULL) STRICT;
  CREATE TABLE sse_records (
    channel TEXT NOT NULL, record TEXT NOT NULL, seq INTEGER NOT NULL, id TEXT NOT NULL, previous TEXT NOT NULL,
    channels TEXT NOT NULL, event TEXT, data TEXT NOT NULL, PRIMARY KEY (channel, record)
  ) STRICT;
  CREATE INDEX sse_keys_by_age ON sse_keys (expires);
  INSERT INTO sse_log VALUES (1, 2, '01234567', 2, 20);
  INSERT INTO sse_terms VALUES (0, '0123456789ab');
  INSERT INTO sse_entries SELECT column1, unixepoch() * 1000, column2, column3, column4, column5, column6 FROM (VALUES
    (3, 29, '["news"]', 'note', 'hello', NULL),
    (4, 39, '["prices"]', 'price', '2', 'b'),
    (5, 70, '["run","other"]', 'sse.end', '{"channel":"run"}', NULL),
    (6, 79, '["other"]', NULL, '한글', NULL)
  );
  INSERT INTO sse_keys VALUES ('once', '${id(3)}', unixepoch() * 1000 + 300000);
  INSERT INTO sse_records VALUES
    ('prices', 'a', 1, '${id(1)}', '${id(0)}', '["prices"]', 'price', '1'),
    ('prices', 'b', 4, '${id(4)}', '${id(3)}', '["prices"]', 'price', '2');
`

/** Makes the file of a log by its SQL. */
function fileOf(sql: string): string {
  const path = newFile()
  const database = new DatabaseSync(path)
  database.exec(sql)
  database.close()
  return path
}

it('a log of the second version has lost nothing, and goes on', async () => {
  const path = fileOf(secondVersion)
  for (const [before, next] of [
    [[], 7],
    [['again'], 8],
  ] as const) {
    const { broker, head } = await startBroker(path)
    expect(head).toMatch(new RegExp(`^01234567-${next - 1}-`))
    const entries = await readAll(broker)
    expect(entries.map(({ data }) => data)).toEqual(['hello', '2', '{"channel":"run"}', '한글', ...before])
    expect(entries[1]).toEqual({
      ...{ id: id(4), previous: id(3), channels: ['prices'], event: 'price', data: '2', record: 'b' },
    })
    const { signal } = new AbortController()
    expect(await broker.read(id(1), { limit: 1, signal })).toMatchObject({ gap: 'trimmed' })
    const { entries: records } = await broker.records!(['prices'])
    expect(records.map(({ record, id, data }) => [record, id, data]).sort()).toEqual([
      ['a', id(1), '1'],
      ['b', id(4), '2'],
    ])
    expect((await broker.ended!()).channels).toEqual(['run'])
    const again = await broker.publish(['news'], { data: 'hello' }, { idempotencyKey: 'once' })
    expect(again).toEqual({ id: id(3), duplicate: true })
    const published = await broker.publish(['other'], { data: 'again' })
    expect(published.id).toMatch(new RegExp(`^01234567-${next}-`))
    await broker.close()
  }
})

it('the records of a log of the second version count, and grow old from the day it is opened', async () => {
  const path = fileOf(secondVersion)
  vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'], now: Date.now() })
  onTestFinished(() => void vi.useRealTimers())
  const records = { age: 60_000, bytes: 34 }
  const hub = createHub({
    broker: createSqliteBroker(path, { records }),
    channel: () => ({ records: true }),
  })
  onTestFinished(() => hub.close())
  await hub.ready
  await expect(hub.publish('prices', '3', { event: 'price', record: 'c' })).rejects.toMatchObject({
    code: 'too-many-records',
  })
  expect(hub.stats().windowEntries).toBe(4)
  vi.advanceTimersByTime(59_000)
  await hub.publish('news', 1)
  expect(hub.stats().windowEntries).toBe(5)
  vi.advanceTimersByTime(62_000)
  await vi.waitFor(() => expect(hub.stats().windowEntries).toBe(7))
})

it('a log of a later version is refused, and stays as it is', async () => {
  const path = fileOf(secondVersion.replace("(1, 2, '01234567'", "(1, 4, '01234567'"))
  await expect(
    createHub({ broker: createSqliteBroker(path), onError: () => {} }).ready,
  ).rejects.toMatchObject({
    code: 'log-failed',
    message: expect.stringMatching(
      /later version of @sse\/sqlite \(4, this one writes 3\): install that version/,
    ),
  })
  const database = new DatabaseSync(path, { readOnly: true })
  onTestFinished(() => database.close())
  expect(database.prepare('SELECT version FROM sse_log').get()).toEqual({ version: 4 })
  expect(database.prepare('SELECT count(*) AS entries FROM sse_entries').get()).toEqual({ entries: 4 })
})
