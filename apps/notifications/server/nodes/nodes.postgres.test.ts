import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts, startProcess, until } from '@sse/testbed'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { follow } from '../../test/faults/followers.ts'
import { signIn, startSender } from '../../test/start-server.ts'

/** Two nodes by `--postgres`, which end with the file. The last test kills one of them. */
async function startNodes() {
  const folder = mkdtempSync(join(tmpdir(), 'herald-nodes-'))
  const nodes = await startProcess(
    process.execPath,
    ['--conditions=@sse/source', 'server/main.ts', '--nodes', '2', '--postgres'],
    {
      cwd: join(import.meta.dirname, '../..'),
      env: { DATABASE_FILE: join(folder, 'none.sqlite'), PORT: String(await freePorts(2)) },
      ready: /node 1, pid (\d+)\] Notifications: (\S+)\n.*node 2, pid (\d+)\] Notifications: (\S+)/s,
      timeout: 80_000,
    },
  )
  const [, pid, first, , second] = nodes.ready as string[]
  const stop = async () => {
    await nodes.kill('SIGTERM')
    rmSync(folder, { recursive: true, force: true })
  }
  return { nodes, pid: Number(pid), first: first!, second: second!, stop }
}

let started: Awaited<ReturnType<typeof startNodes>>
beforeAll(async () => {
  started = await startNodes()
}, 120_000)
afterAll(() => started?.stop())

test('lists, marks, search and what every node is asked to do are the same as with SQLite', async () => {
  const { first, second } = started
  const joon = await startSender(first, 'joon')
  const ids: number[] = []
  for (const [to, title] of [
    ['all', 'To everyone'],
    ['user:mina', 'Needle 100%'],
    ['topic:builds', 'A build'],
  ] as const)
    ids.push((await joon.send(to, title, 'In the haystack')).id)
  const Cookie = await signIn(second, 'mina')
  const ask = async (path: string, body?: object) => {
    const answer = await fetch(`${second}/api/${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { Cookie, 'Content-Type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    })
    expect([path, answer.ok]).toEqual([path, true])
    return answer.status === 204 || answer.status === 202 ? undefined : await answer.json()
  }
  type List = { notifications: { id: number; read: boolean }[]; unread: number }
  const list = async (query: string) => {
    const { notifications, unread } = (await ask(`notifications?${query}`)) as List
    return [notifications.map(({ id, read }) => (read ? -ids.indexOf(id) - 1 : ids.indexOf(id) + 1)), unread]
  }
  await ask('notifications/read', { ids: [ids[0]] })
  await ask('notifications/unread', { ids: [ids[0]] })
  expect(await list('filter=unread')).toEqual([[3, 2, 1], 3])
  await ask('notifications/move', { ids: [ids[2]], to: 'archived' })
  await ask('notifications/move', { ids: [ids[0]], to: 'deleted' })
  await ask('notifications/move', { ids: [ids[0]], to: 'inbox', unread: true })
  expect(await list('filter=all')).toEqual([[2, 1], 2])
  expect(await list('filter=archived')).toEqual([[-3], 2])
  expect(await list('search=hay%20NEEDLE%20100%25')).toEqual([[2], 2])
  await ask('notifications/read-all', { upTo: ids[2] })
  expect(await list('filter=unread')).toEqual([[], 0])
  const sent = await fetch(`${first}/api/notifications?filter=sent`, {
    headers: { Cookie: await signIn(first, 'joon') },
  })
  const { notifications } = (await sent.json()) as { notifications: { readers: object }[] }
  expect(notifications.map(({ readers }) => readers)).toEqual([
    { read: ['mina'], of: 2 },
    { read: ['mina'], of: 1 },
    { read: ['mina'], of: 3 },
  ])

  const follower = follow(first, Cookie)
  await until(() => follower.opened.length === 1)
  await ask('line/cut', {})
  await until(() => follower.opened.length === 2)
}, 120_000)

test('what is sent to one node is read at the other, also if the first one is killed as soon as it has answered', async () => {
  const { nodes, pid, first, second } = started
  const cookie = await signIn(second, 'mina')
  const follower = follow(second, cookie)
  await until(() => follower.opened.length === 1)
  const sender = await startSender(first, 'joon')
  const ids = []
  for (const title of ['One', 'Two', 'Three']) ids.push((await sender.send('user:mina', title)).id)
  process.kill(pid, 'SIGKILL')
  await until(() => follower.received.length === 3)
  expect(follower.received).toEqual(ids)
  // The list and its numbers are in the same database.
  const headers = { Cookie: cookie, 'Content-Type': 'application/json' }
  const body = JSON.stringify({ ids: ids.slice(0, 2) })
  const read = await fetch(`${second}/api/notifications/read`, { method: 'POST', headers, body })
  expect(read.status).toBe(204)
  const list = await fetch(`${second}/api/notifications?filter=unread`, { headers })
  expect(await list.json()).toMatchObject({ notifications: [{ id: ids[2], read: false }], unread: 1 })
  const all = await fetch(`${second}/api/notifications/read-all`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ upTo: ids[2] }),
  })
  expect(all.status).toBe(204)
  const topic = await fetch(`${second}/api/topics/security/following`, { method: 'PUT', headers })
  expect(topic.status).toBe(204)
  process.kill(nodes.pid, 'SIGTERM')
  expect(await nodes.exited).toEqual({ code: 0, signal: null })
}, 120_000)
