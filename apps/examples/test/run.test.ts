import { spawnSync } from 'node:child_process'
import { globSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
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
