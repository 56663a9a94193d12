import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { failureOf } from './failure.ts'
import { newFile } from './log-file.test-kit.ts'

/** As SQLite throws it. */
const sqliteError = (errcode: number) =>
  Object.assign(new Error('disk I/O error'), { code: 'ERR_SQLITE_ERROR', errcode })

/** A directory with a file system of its own, which root may mount on Linux. */
function mountDisk(options: string): string | undefined {
  const directory = join(dirname(newFile()), 'disk')
  mkdirSync(directory)
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', directory]).status !== 0) return undefined
  onTestFinished(() => void spawnSync('umount', ['-l', directory]))
  return join(directory, 'log.db')
}

/** `SQLITE_IOERR_WRITE`, `_SHMOPEN` and `_SHMSIZE`, and `SQLITE_CANTOPEN`. */
const vague = [778, 4_618, 4_874, 14]

it('an input or output error says that the disk is read-only where it is', ({ skip }) => {
  const path = mountDisk('size=1m,ro')
  if (path === undefined) return skip('nothing can be mounted here')
  expect(vague.map((code) => failureOf(sqliteError(code), path).code)).toEqual(
    vague.map(() => 'log-read-only'),
  )
})

it('an input or output error says that the disk is full where it is', ({ skip }) => {
  const path = mountDisk('size=64k')
  if (path === undefined) return skip('nothing can be mounted here')
  try {
    writeFileSync(`${path}.filler`, Buffer.alloc(1_048_576))
  } catch {}
  expect(vague.map((code) => failureOf(sqliteError(code), path).code)).toEqual(vague.map(() => 'log-full'))
})

it('an input or output error of which nothing can be seen keeps what SQLite said', () => {
  for (const code of vague) {
    expect(failureOf(sqliteError(code), newFile())).toMatchObject({
      code: 'log-failed',
      message: expect.stringContaining('disk I/O error'),
      cause: { errcode: code },
    })
  }
})
