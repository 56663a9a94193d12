import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type Broker, createMemoryBroker, type Entry } from '@sse/core'
import { createSqliteBroker } from '@sse/sqlite'
import type { Program } from '../world/program.ts'
import type { World } from '../world/world.ts'
import { RemoteBroker, RemoteLog } from './remote-log.ts'

export type SimLogKind = 'memory' | 'sqlite' | 'redis' | 'postgres'

/** The log of a simulation, of one of four kinds. */
export interface SimLog {
  readonly kind: SimLogKind
  /** The model, if the log is on a server. */
  readonly remote: RemoteLog | undefined
  connect(program: Program): Broker
  /** A process has closed its broker. */
  left(program: Program): void
  /** The process of a broker was killed. */
  died(program: Program): void
  close(): void
}

/** @param onAppend called with every entry of a log on a server; those of others come to their only process in order */
export function createSimLog(kind: SimLogKind, world: World, onAppend: (entry: Entry) => void): SimLog {
  if (kind === 'memory') return memoryLog()
  return kind === 'sqlite' ? sqliteLog() : remoteLog(kind, world, onAppend)
}

/** It ends with its process. */
function memoryLog(): SimLog {
  return {
    kind: 'memory',
    remote: undefined,
    connect: () => createMemoryBroker({ entries: 0 }),
    left() {},
    died() {},
    close() {},
  }
}

/** A file. A process that was killed leaves it as it was, so the next one opens a copy: the file itself is still locked by this Node process. */
function sqliteLog(): SimLog {
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'sse-sim-'))
  const open = new Map<Program, DatabaseSync>()
  let count = 0
  let path = join(folder, '0.db')

  function left(program: Program): void {
    open.get(program)?.close()
    open.delete(program)
  }

  return {
    kind: 'sqlite',
    remote: undefined,
    connect(program) {
      const database = new DatabaseSync(path, { timeout: 0 })
      open.set(program, database)
      return createSqliteBroker(database, { synchronous: 'normal', keep: { entries: 400 } })
    },
    left,
    died(program) {
      // It waits for the lock of a process that is about to end.
      if (open.size > 1) return left(program)
      const database = open.get(program)
      open.delete(program)
      const next = join(folder, `${++count}.db`)
      for (const end of ['', '-wal']) if (existsSync(path + end)) cpSync(path + end, next + end)
      database?.close()
      for (const end of ['', '-wal', '-shm', '-sse-lock']) rmSync(path + end, { force: true })
      path = next
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  }
}

function remoteLog(kind: 'redis' | 'postgres', world: World, onAppend: (entry: Entry) => void): SimLog {
  const { outside } = world
  const host = {
    now: () => world.epoch + world.now,
    random: outside.random,
    later: (delay: number, run: () => void) => void outside.later(delay, run),
  }
  const remote = new RemoteLog(kind, host, onAppend)
  const brokers = new Map<Program, RemoteBroker>()
  return {
    kind,
    remote,
    connect(program) {
      // A process that stands still takes nothing, and finds everything in order when it goes on.
      const broker = new RemoteBroker(remote, (run) => void program.later(0, run), 100)
      brokers.set(program, broker)
      return broker
    },
    left: (program) => void brokers.delete(program),
    died: (program) => brokers.get(program)?.dies(),
    close() {},
  }
}
