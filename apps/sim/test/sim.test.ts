import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { planted } from '../src/planted.ts'

const path = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url))
const kept = readdirSync(path('kept'))

/** Runs the simulation in a process of its own, because it replaces the globals. @returns what it has printed */
async function sim(...options: string[]): Promise<string> {
  const args = ['--conditions=@sse/source', path('src/main.ts'), ...options]
  // A run that finds a violation ends with the code 1.
  const run = promisify(execFile)(process.execPath, args, { maxBuffer: 2 ** 28 })
  const { stdout } = await run.catch((error: { stdout: string }) => error)
  return stdout
}

const lastLine = (text: string) => text.trimEnd().split('\n').at(-1)

describe('the simulation', { timeout: 300_000 }, () => {
  it('finds nothing in new seeds', async () => {
    expect(await sim('--hours', '4', '--workers', '1')).toMatch(/\n0 violations\n$/)
  })

  it('repeats a seed byte for byte', async () => {
    const [one, other] = [await sim('--seed', '28', '--trace'), await sim('--seed', '28', '--trace')]
    expect(one).toBe(other)
    expect(lastLine(one)).toBe('0 violations')
  })
})

it.each(planted)('the fix that is taken out for "$name" is in the source', ({ file, replace: [text] }) => {
  const source = readFileSync(new URL(`../../../packages/${file}`, import.meta.url), 'utf8')
  expect(source.split(text)).toHaveLength(2)
})

describe.each(kept)('the kept script %s', { timeout: 300_000 }, (file) => {
  const script = path(`kept/${file}`)

  it('finds nothing any more', async () => {
    expect(lastLine(await sim('--script', script))).toBe('0 violations')
  })

  it('finds the fault where its fix is taken out', async () => {
    const { fault }: { fault: string } = JSON.parse(readFileSync(script, 'utf8'))
    expect(lastLine(await sim('--script', script, '--plant', fault))).toMatch(/^1 violation: /)
  })
})
