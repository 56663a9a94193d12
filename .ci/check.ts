/**
 * `pnpm check`: what a user would install. Builds and packs every publishable package, asks publint, attw and our
 * own eyes whether it can be used, and weighs what browsers load.
 */
import { execFile, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { contents } from './contents.ts'
import { type Packed, packPackages } from './pack.ts'
import { root, tool } from './paths.ts'
import { limits, weigh } from './size.ts'

const exec = promisify(execFile)

process.chdir(root)
const folder = mkdtempSync(join(tmpdir(), 'sse-check-'))
try {
  const results = await Promise.all(packPackages(folder).map(check))
  console.log('')
  for (const { name, complaints } of results) {
    console.log(complaints.length === 0 ? `ok      ${name}` : `FAILED  ${name}\n${complaints.join('\n')}`)
  }
  const sizes = await Promise.all(limits.map(weigh))
  for (const [line, complaints] of sizes) console.log([line, ...complaints].join('\nFAILED  '))
  const complaints = [...results.flatMap((result) => result.complaints), ...sizes.flatMap(([, own]) => own)]
  process.exitCode = complaints.length === 0 ? 0 : 1
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function check({ name, tarball, files }: Packed): Promise<{ name: string; complaints: string[] }> {
  const unpacked = join(folder, basename(tarball, '.tgz'))
  mkdirSync(unpacked)
  spawnSync('tar', ['-xzf', tarball, '-C', unpacked, '--strip-components=1'])
  const complaints = await Promise.all([
    contents(name, unpacked, files),
    ask('publint', '--strict', tarball),
    ask('attw', '--profile', 'esm-only', tarball),
  ])
  return { name, complaints: complaints.flat() }
}

async function ask(command: string, ...args: string[]): Promise<string[]> {
  try {
    await exec(tool(command), args)
    return []
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string }
    return [`${command}: ${stdout ?? ''}${stderr ?? error}`]
  }
}
