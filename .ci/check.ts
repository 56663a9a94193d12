/**
 * `pnpm check`: what a user would install. Builds and packs every publishable package, asks publint, attw and our
 * own eyes whether it can be used, and weighs what browsers load.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { contents } from './contents.ts'
import { type Packed, packPackages } from './pack.ts'
import { root } from './paths.ts'
import { limits, weigh } from './size.ts'

/** Ways to resolve a package that ours are not made for. */
const commonJs: ReadonlySet<string> = new Set(['node10', 'node16-cjs'])

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
  // A copy, because a buffer of Node may share its memory with others.
  const packed = new Uint8Array(readFileSync(tarball))
  const complaints = [contents(name, unpacked, files), await askPublint(packed), await askAttw(packed)]
  return { name, complaints: complaints.flat() }
}

async function askPublint({ buffer }: Uint8Array<ArrayBuffer>): Promise<string[]> {
  const { messages, pkg } = await publint({ strict: true, level: 'warning', pack: { tarball: buffer } })
  return messages.map((message) => `publint: ${formatMessage(message, pkg, { color: false })}`)
}

/** “Are the types wrong?”, for users of ES modules. */
async function askAttw(packed: Uint8Array): Promise<string[]> {
  const { types, problems = [] } = await checkPackage(createPackageFromTarballData(packed))
  if (!types) return ['attw: the package has no types']
  return problems
    .filter((problem) => !('resolutionKind' in problem && commonJs.has(problem.resolutionKind)))
    .map((problem) => `attw: ${JSON.stringify(problem)}`)
}
