import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Registry } from '../newcomer/registry.ts'
import { root } from '../paths.ts'

const execute = promisify(execFile)

/** A user's project, outside of the repository. */
export interface Project {
  readonly folder: string
  /** Runs one of its files, which has to end by itself, and gives what it printed, as JSON. Throws what it said if it fails. */
  run(file: string, options?: RunOptions): Promise<unknown>
}

export interface RunOptions {
  /** Default: this one. */
  readonly node?: string
  readonly nodeOptions?: readonly string[]
  readonly args?: readonly string[]
  /** Milliseconds. Default 60,000. */
  readonly timeout?: number
}

const fixtures = join(root, '.ci/consumers')

/**
 * @param name the folder of the fixtures that it gets beside those for any
 * @param dependencies as they stand in a package.json
 */
export async function createProject(
  parent: string,
  name: string,
  dependencies: Readonly<Record<string, string>>,
  registry: Registry,
): Promise<Project> {
  const folder = join(parent, name)
  mkdirSync(folder)
  for (const some of ['any', name]) cpSync(join(fixtures, some), folder, { recursive: true })
  writeFileSync(join(folder, '.npmrc'), `@sse:registry=${registry.origin}\n`)
  await install(folder, { type: 'module', dependencies })
  return {
    folder,
    async run(file, { node = process.execPath, nodeOptions = [], args = [], timeout = 60_000 } = {}) {
      // As it is deployed, and without what vitest sets for tests.
      const { NODE_OPTIONS: _, VITEST: __, ...env } = process.env
      const { stdout } = await execute(node, [...nodeOptions, file, ...args], {
        ...{ cwd: folder, env: { ...env, NODE_ENV: 'production' }, timeout },
      })
      return JSON.parse(stdout)
    },
  }
}

/** @returns the path of a Node of this version, from npm, as the repository's own is */
export async function installNode(parent: string, version: string): Promise<string> {
  const folder = join(parent, `node-${version}`)
  mkdirSync(folder)
  await install(folder, { dependencies: { node: version } })
  return join(folder, 'node_modules/node/bin/node')
}

async function install(folder: string, manifest: object): Promise<void> {
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, ...manifest }))
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error']
  await execute('npm', ['install', ...quiet], { cwd: folder, timeout: 240_000 })
}

/** What users can import, by what the package.json of a package exports. */
export function entriesOf(folder: string): string[] {
  const { name, exports } = promisesOf(folder)
  const modules = Object.keys(exports).filter((path) => path !== './package.json')
  return modules.map((path) => name + path.slice(1))
}

/** The oldest Node that all of these packages promise to run on. */
export function oldestNode(folders: readonly string[]): string {
  const versions = folders.map((folder) => promisesOf(folder).engines.node.replace('>=', ''))
  return versions.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1) ?? ''
}

/** The fields of a package.json that say what users may rely on. */
interface Promises {
  readonly name: string
  readonly engines: { readonly node: string }
  readonly exports: Readonly<Record<string, unknown>>
}

const promisesOf = (folder: string): Promises =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Promises
