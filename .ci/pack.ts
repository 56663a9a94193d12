import { spawnSync } from 'node:child_process'
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { tool } from './paths.ts'
import { pnpm } from './pnpm.ts'
import { folders, readManifest } from './workspace.ts'

/** A package as users get it. */
export interface Packed {
  readonly name: string
  readonly tarball: string
  /** Paths of the files in it. */
  readonly files: readonly string[]
}

/** The list of the packages in a folder that `node .ci/pack.ts FOLDER` has filled. */
const list = 'packed.json'

// `pnpm run pack`. Tarballs of an earlier version are removed first.
if (import.meta.main) {
  const [folder = ''] = process.argv.slice(2)
  const destination = resolve(folder)
  rmSync(join(destination, list), { force: true })
  for (const tarball of globSync('*.tgz', { cwd: destination })) rmSync(join(destination, tarball))
  mkdirSync(destination, { recursive: true })
  const packed = packPackages(destination)
  writeFileSync(join(destination, list), JSON.stringify(packed))
  for (const { tarball } of packed) console.log(tarball)
}

/**
 * Builds and packs every publishable package. An earlier `dist` is removed, because its files would be packed too. pnpm replaces `workspace:`
 * and `catalog:` by versions. `pnpm test` packs once and sets `SSE_PACKED` to the folder; then this returns what that folder has.
 *
 * @param names the wanted packages. Default: all
 */
export function packPackages(destination: string, names?: readonly string[]): Packed[] {
  const before = join(process.env['SSE_PACKED'] ?? destination, list)
  if (existsSync(before)) {
    const all = JSON.parse(readFileSync(before, 'utf8')) as Packed[]
    return all.filter(({ name }) => !names || names.includes(name))
  }
  const publishable = folders('packages').filter((folder) => {
    const { name, private: isPrivate } = readManifest(folder)
    return !isPrivate && (!names || names.includes(name))
  })
  for (const folder of publishable) rmSync(join(folder, 'dist'), { recursive: true, force: true })
  const filters = publishable.map((folder) => `--filter=${readManifest(folder).name}`)
  // As the script `build` of each of them does: one process takes a third of the processor time of eleven.
  must(
    [tool('tsgo'), '--build', ...publishable.map((folder) => join(folder, 'tsconfig.build.json'))],
    'inherit',
  )
  const packed = must(
    pnpm(
      '--recursive',
      ...filters,
      'pack',
      '--json',
      '--config.ignore-scripts=true',
      '--pack-destination',
      destination,
    ),
    'pipe',
  )
  return parse(packed)
}

interface PackReport {
  readonly name: string
  readonly filename: string
  readonly files: readonly { readonly path: string }[]
}

/** One object for one package, a list for several. */
function parse(json: string): Packed[] {
  const reports = [JSON.parse(json) as PackReport | PackReport[]].flat()
  return reports.map(({ name, filename, files }) => ({
    name,
    tarball: filename,
    files: files.map(({ path }) => path),
  }))
}

function must([file, ...args]: [string, ...string[]], stdout: 'inherit' | 'pipe'): string {
  const result = spawnSync(file, args, { stdio: ['ignore', stdout, 'inherit'], encoding: 'utf8' })
  if (result.status !== 0) throw new Error(`${file} ${args.join(' ')} failed ${result.stdout ?? ''}`)
  return result.stdout
}
