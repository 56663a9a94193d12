import { once } from 'node:events'
import { lstat, mkdir, readdir, rename, rmdir, stat, unlink } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { dirname, join } from 'node:path'
import { logFailure, randomText } from '@sse/core/internal'
import type { Election, Leadership } from './election.ts'

/** Of a socket's name in base64url: 48 bits. */
const nameBytes = 6
const nameForm = /^[\w-]{8}$/
const leaderName = 'leader'
/** A socket's address has at most 103 bytes on macOS: the folder, `/leader/` or `/<name>/`, and a name. */
export const mostPathBytes = 103 - '/'.length * 2 - 8 * 2
/** Milliseconds after which the folder of a candidate that has ended is removed. */
const leftoverAge = 10_000

/**
 * Elects a leader by Unix sockets. The leader's socket is the only file of the folder `leader`:
 *
 * - A candidate listens on a socket in a folder of its own first. It then renames that folder to `leader`, which fails unless `leader` is
 *   missing or empty (POSIX `rename`). So one candidate succeeds, and its socket accepts connections from the first moment.
 * - A socket that refuses connections has lost its process. Any process may delete it, because each socket has a random name of its own: a
 *   process that is late finds no file, and never deletes the socket of the next leader.
 */
export function socketElection(path: string): Election {
  const leader = join(path, leaderName)
  return {
    async find() {
      await checkFolder(path)
      for (const name of await namesIn(leader)) {
        const socket = await connectTo(join(leader, name))
        if (socket) return socket
      }
      return undefined
    },

    async claim(server) {
      await makeFolder(path)
      const name = randomText(nameBytes, 'base64url')
      const own = join(path, name)
      await mkdir(own, { mode: 0o700 })
      // `exclusive`: a worker of `node:cluster` would otherwise share a socket of the primary.
      server.listen({ path: join(own, name), exclusive: true })
      await once(server, 'listening')
      const isLeading = await moved(own, leader, name)
      if (!isLeading) {
        server.close()
        await removeSocket(own, name)
        return undefined
      }
      void removeLeftovers(path)
      return {
        isHeld: () => exists(join(leader, name)),
        release: async () => {
          await removeSocket(leader, name)
          await quietly(rmdir(path), 'ENOTEMPTY', 'EEXIST', 'ENOENT')
        },
      } satisfies Leadership
    },
  }
}

/** Renames a candidate's folder to that of the leader. @returns whether its socket is there */
async function moved(own: string, leader: string, name: string): Promise<boolean> {
  // ENOENT: it was taken for a leftover.
  const lost = await quietly(rename(own, leader), 'ENOTEMPTY', 'EEXIST', 'ENOENT')
  return !lost && (await exists(join(leader, name)))
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).filter((name) => nameForm.test(name))
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return []
    throw error
  }
}

/** @returns `undefined` if no process listens. Then the socket is deleted. */
async function connectTo(path: string): Promise<Socket | undefined> {
  const socket = connect(path)
  try {
    await once(socket, 'connect')
    return socket
  } catch (error) {
    socket.destroy()
    if (codeOf(error) === 'ECONNREFUSED') await quietly(unlink(path), 'ENOENT')
    else if (codeOf(error) !== 'ENOENT') throw error
    return undefined
  }
}

/** Removes what candidates have left that ended during an election. */
async function removeLeftovers(path: string): Promise<void> {
  for (const name of await namesIn(path).catch(() => [])) {
    const folder = join(path, name)
    const age = await stat(folder).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    )
    if (age < leftoverAge) continue
    const socket = await connectTo(join(folder, name)).catch(() => undefined)
    if (socket) socket.destroy()
    else await rmdir(folder).catch(() => {})
  }
}

async function removeSocket(folder: string, name: string): Promise<void> {
  await quietly(unlink(join(folder, name)), 'ENOENT')
  await quietly(rmdir(folder), 'ENOTEMPTY', 'EEXIST', 'ENOENT')
}

async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 })
  await checkFolder(path)
}

/** Refuses a folder that other users can enter, or that another user has made. Its parent is checked if it is ours. */
async function checkFolder(path: string): Promise<void> {
  const folders = /^sse-cluster-/.test(dirname(path).split('/').at(-1)!) ? [dirname(path), path] : [path]
  for (const folder of folders) {
    const stats = await lstat(folder).catch((error) => {
      if (codeOf(error) !== 'ENOENT') throw error
    })
    if (!stats) return
    const isPrivate = stats.isDirectory() && stats.uid === process.getuid?.() && (stats.mode & 0o077) === 0
    if (!isPrivate) throw logFailure('log-failed', path, notPrivate(folder))
  }
}

function notPrivate(folder: string): string {
  return `cannot be shared, because ${folder} is not a folder of the current user alone: choose another path, or give it the mode 700`
}

function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    (error) => {
      if (codeOf(error) === 'ENOENT') return false
      throw error
    },
  )
}

/** @returns whether it failed with one of these codes. @throws any other error */
async function quietly(promise: Promise<unknown>, ...codes: readonly string[]): Promise<boolean> {
  try {
    await promise
    return false
  } catch (error) {
    if (codes.includes(codeOf(error) ?? '')) return true
    throw error
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code
}
