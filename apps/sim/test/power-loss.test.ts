import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Broker, Entry } from '@sse/core'
import { createSqliteBroker, type SqliteBroker } from '@sse/sqlite'
import { between, createRandom, type Random, seed } from '@sse/testbed/random'
import { describe, expect, it, onTestFinished } from 'vitest'

/** Commits of each log, and power failures at random ones. */
const commits = process.env['SSE_FAULTS'] === 'long' ? 2_000 : 60

/** Bytes that a disk writes whole. */
const sector = 512

/** Bytes of the header of a write-ahead log: https://sqlite.org/fileformat2.html#the_write_ahead_log */
const walHeader = 32

/** The contents of the database and of its write-ahead log. */
interface Files {
  readonly database: Buffer
  readonly wal: Buffer
}

const filesOf = (path: string): Files => ({
  database: readFileSync(path),
  wal: existsSync(`${path}-wal`) ? readFileSync(`${path}-wal`) : Buffer.alloc(0),
})

/**
 * A file as a power failure leaves it. What was written after the last fsync is there or not, sector by sector and in any order. The end may be
 * missing.
 */
function torn(random: Random, synced: Buffer, now: Buffer): Buffer {
  const kept = [0, 0.2, 0.5, 0.9, 1][between(random, 0, 4)]!
  const length =
    random() < 0.5 ? now.length : between(random, Math.min(synced.length, now.length), now.length)
  const image = Buffer.alloc(length)
  for (let at = 0; at < length; at += sector) {
    const isNew = !sameSector(synced, now, at) && random() < kept
    const from = isNew || at >= synced.length ? now : synced
    // A sector that was never written is zeros.
    if (isNew || at < synced.length) from.copy(image, at, at, Math.min(at + sector, length))
  }
  return image
}

const isBegunAnew = (before: Buffer, wal: Buffer) =>
  !wal.subarray(0, walHeader).equals(before.subarray(0, walHeader))

/**
 * SQLite begins a write-ahead log anew once the database has all of it, and syncs the new header before it writes what follows. Where the new log was
 * copied to the database too, nobody knows what the database was in between: then everything is on the disk.
 */
function tornAfterReset(random: Random, synced: Files, now: Files): Files {
  if (!now.database.equals(synced.database)) return now
  const before = Buffer.concat([now.wal.subarray(0, walHeader), synced.wal.subarray(walHeader)])
  return { database: now.database, wal: torn(random, before, now.wal) }
}

function sameSector(a: Buffer, b: Buffer, at: number): boolean {
  return a.subarray(at, at + sector).equals(b.subarray(at, at + sector))
}

function newFolder(): string {
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'sse-power-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A broker on a file, and what was delivered of it. */
async function open(path: string, synchronous: 'full' | 'normal') {
  const database = new DatabaseSync(path)
  // Checkpoints come often, because they are when `normal` waits for the disk.
  database.exec('PRAGMA wal_autocheckpoint = 12')
  const broker = createSqliteBroker(database, { synchronous, keep: { entries: 25 } })
  const started = await broker.start({ entries() {}, discontinuity() {}, health() {}, signal() {} })
  const close = async () => {
    await broker.close()
    database.close()
  }
  return { broker, head: started.head, tail: started.tail, close }
}

async function held(broker: Broker, tail: readonly Entry[]): Promise<Entry[]> {
  const first = tail[0]
  if (!first) return []
  const page = await broker.read(first.previous, { limit: 1_000, signal: new AbortController().signal })
  if (!('entries' in page)) throw new Error(`The oldest entry cannot be read: ${page.gap}`)
  return [...page.entries]
}

/** The numbers that the entries of a log carry as their data. */
const numbersOf = (entries: readonly Entry[]) => entries.map(({ data }) => Number(data))

describe.each(['full', 'normal'] as const)('a power failure with synchronous = %s', (synchronous) => {
  it(`${commits} times: the log is one that it was before, nothing promised is lost, and no id is given twice (SSE_SEED=${seed})`, async () => {
    const random = createRandom(seed)
    const folder = newFolder()
    const path = join(folder, 'log.db')
    const { broker, close } = await open(path, synchronous)
    onTestFinished(close)
    /** What the log held after each commit; `undefined` for numbers that it never held. */
    const states: number[][] = [[]]
    const given = new Map<number, string>()
    let synced = filesOf(path)
    /** The commit up to which everything is on the disk. */
    let syncedCommit = 0
    let [lostByNormal, images] = [0, 0]

    for (let commit = 1; commit <= commits; commit++) {
      const count = between(random, 1, 6)
      const added = Array.from({ length: count }, (_, index) => given.size + index + 1)
      const padding = 'x'.repeat(between(random, 0, 3_000))
      const published = await Promise.all(
        added.map((number) =>
          (broker as SqliteBroker).publish(['a'], {
            event: padding.slice(0, 200) || undefined,
            data: String(number),
          }),
        ),
      )
      for (const [index, { id }] of published.entries()) given.set(added[index]!, id)
      const tail = await lastTail(broker, given)
      states.push(numbersOf(tail))
      const now = filesOf(path)

      // The power fails before, within or after this commit: what it wrote may be on the disk, in parts.
      for (let image = 0; image < 3; image++) {
        images++
        const copy = join(folder, `${commit}-${image}.db`)
        // SQLite writes to the database only after the write-ahead log is on the disk: then it copies from there.
        const isCopying = random() < 0.5
        const { database, wal } = isBegunAnew(synced.wal, now.wal)
          ? tornAfterReset(random, synced, now)
          : isCopying
            ? { database: torn(random, synced.database, now.database), wal: now.wal }
            : { database: synced.database, wal: torn(random, synced.wal, now.wal) }
        writeFileSync(copy, database)
        writeFileSync(`${copy}-wal`, wal)
        const after = await open(copy, synchronous)
        const entries = await held(after.broker, after.tail)
        const numbers = numbersOf(entries)
        // Opening may trim.
        const isIt = (state: readonly number[]) =>
          state.at(-1) === numbers.at(-1) && String(state.slice(-numbers.length)) === String(numbers)
        const recovered = entries.length === 0 ? 0 : states.findLastIndex(isIt)
        expect(recovered, `the log has ${numbers}, which it never was`).toBeGreaterThanOrEqual(syncedCommit)
        for (const entry of entries) expect(entry.id).toBe(given.get(Number(entry.data)))
        const lost = [...given].filter(([number]) => number > (numbers.at(-1) ?? 0))
        if (recovered < commit - 1) lostByNormal++
        for (const [, id] of lost) {
          const page = await after.broker.read(id, { limit: 10, signal: new AbortController().signal })
          expect(page).toMatchObject({ gap: 'forked' })
        }
        const { id } = await after.broker.publish(['a'], { data: 'after' })
        expect([...given.values()]).not.toContain(id)
        await after.close()
        for (const end of ['', '-wal', '-shm', '-sse-lock']) rmSync(copy + end, { force: true })
      }

      const isCheckpoint = !now.database.equals(synced.database)
      if (synchronous === 'full' || isCheckpoint) {
        synced = now
        syncedCommit = commit
      }
    }
    console.info(
      `${images} power failures with ${synchronous}: acknowledged commits were lost in ${lostByNormal}`,
    )
    if (synchronous === 'full') expect(lostByNormal).toBe(0)
    else expect(lostByNormal).toBeGreaterThan(0)
  })
})

/** The entries that the log holds now. */
async function lastTail(broker: Broker, given: ReadonlyMap<number, string>): Promise<readonly Entry[]> {
  const signal = new AbortController().signal
  // A cursor that was trimmed is told where the oldest entry is.
  const first = await broker.read([...given.values()][0]!, { limit: 1_000, signal })
  const oldest = 'gap' in first ? await broker.read(first.resumeAt, { limit: 1_000, signal }) : first
  if ('gap' in oldest) throw new Error('The log has no oldest entry.')
  const own = [...given].filter(([, id]) => id === [...given.values()][0] && !('gap' in first))
  return [...own.map(([number]) => ({ data: String(number) }) as Entry), ...oldest.entries]
}
