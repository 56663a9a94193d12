import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { globSync, readdirSync, readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { newDirectory } from '@sse/testbed'
import { expect, test } from 'vitest'
import { examples } from '../examples.ts'
import { command, folder } from './example.ts'

const run = (...args: string[]) =>
  spawnSync(process.execPath, [...command, ...args], { cwd: folder, encoding: 'utf8' })

const names = Object.keys(examples)
const list = new RegExp(names.map((name) => `^  ${name} +\\S.*\\.$`).join('\\n'), 'm')

test('without a name every example is listed, with its idea', () => {
  expect(run()).toMatchObject({ status: 0, stdout: expect.stringMatching(list), stderr: '' })
})

test.each(['no-such', 'toString', '../examples', ''])('%j is no example: an error, and the list', (name) => {
  expect(run(name)).toMatchObject({ status: 1, stdout: '', stderr: expect.stringMatching(list) })
  expect(run(name).stderr).toContain(`There is no example '${name}'`)
})

test.each(['clock', 'hono', 'cluster'])('a port in use is said in a sentence, and %s ends', async (name) => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const env = { ...process.env, PORT: String(port), LOG: join(newDirectory(), 'events.db') }
  const ended = spawnSync(process.execPath, [...command, name], { cwd: folder, encoding: 'utf8', env })
  other.close()
  expect(ended.status).toBe(1)
  // Several workers may say it.
  const said = new Set(ended.stderr.trimEnd().split('\n'))
  expect([...said]).toEqual([
    `Port ${port} is in use by another program. Stop that one, or choose a port: PORT=${port + 1}`,
  ])
})

test('every folder with a program is listed, has a test, and stands in the README', () => {
  const folders = readdirSync(folder, { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && globSync('server.ts', { cwd: join(folder, entry.name) }).length > 0,
  )
  expect(folders.map(({ name }) => name).toSorted()).toEqual(names.toSorted())
  const readme = readFileSync(join(folder, 'README.md'), 'utf8')
  for (const [name, idea] of Object.entries(examples)) {
    expect(globSync('*.test.ts', { cwd: join(folder, name) })).not.toEqual([])
    expect(readme).toContain(`| [\`${name}\`](${name}) | ${idea} |`)
  }
})

test('the repository has the command', () => {
  const { scripts } = JSON.parse(readFileSync(join(folder, '../../package.json'), 'utf8'))
  expect(scripts.example).toBe('pnpm --filter @sse/examples example')
})
