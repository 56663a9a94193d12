/**
 * `pnpm smoke 22 24`: the packages as users install them, on the Node versions named (default: this one). They
 * are built and packed, installed by npm into an empty project outside of the repository, type-checked there as
 * a user's compiler sees them, and run. A Node that is too old must be told so at import. Each Node comes from npm, as the repository's own does.
 */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installNode } from './consumers/project.ts'
import { packPackages } from './pack.ts'
import { root, tool } from './paths.ts'

/** What is run in the project. */
const programs = ['whole-path.js', 'which-node.js']
const versions = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'sse-smoke-'))
const project = join(folder, 'project')
const failed: string[] = []
try {
  process.chdir(root)
  makeProject()
  attempt('types as users see them', tool('tsc'), ['--project', project])
  for (const version of versions) run(`Node ${version}`, await installNode(folder, version))
  if (versions.length === 0) run(process.version, process.execPath)
} catch (error) {
  failed.push(error instanceof Error ? error.message : String(error))
} finally {
  rmSync(folder, { recursive: true, force: true })
}
if (failed.length > 0) console.error(`Failed: ${failed.join('; ')}`)
process.exitCode = failed.length > 0 ? 1 : 0

/** What every package says to a Node, and on one that is new enough the whole path. */
function run(what: string, node: string): void {
  attempt(`${what}: each package says which Node it needs`, node, [join(project, 'which-node.js')])
  const [major = 0] = spawnSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' })
    .stdout.split('.')
    .map(Number)
  if (major >= 22) attempt(`${what}: the whole path`, node, [join(project, 'whole-path.js')])
}

/** A user's project: our tarballs beside current majors of what they are peers of. */
function makeProject(): void {
  mkdirSync(project)
  const packed = packPackages(folder)
  const tarballs = Object.fromEntries(packed.map(({ name, tarball }) => [name, `file:${tarball}`]))
  const manifest = {
    private: true,
    type: 'module',
    dependencies: { ...tarballs, express: '5', vue: '3', vuex: '4' },
    devDependencies: { '@types/express': '5', '@types/node': '22' },
    // Nothing of ours may come from anywhere else, not even what one of ours depends on.
    overrides: Object.fromEntries(packed.map(({ name }) => [name, `$${name}`])),
  }
  const compilerOptions = {
    ...{ module: 'nodenext', target: 'es2023', lib: ['es2023', 'dom'], types: ['node'] },
    ...{ strict: true, noEmit: true, checkJs: true, allowJs: true },
    // Vuex's export map names no types; a user writes the same.
    paths: { vuex: ['./node_modules/vuex/types/index.d.ts'] },
  }
  writeFileSync(join(project, 'package.json'), JSON.stringify(manifest))
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: programs }))
  for (const file of programs) copyFileSync(join(root, '.ci/smoke', file), join(project, file))
  npm(project, 'install')
}

function npm(cwd: string, ...args: string[]): void {
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error']
  const { status } = spawnSync('npm', [...args, ...quiet], { cwd, stdio: ['ignore', 'inherit', 'inherit'] })
  if (status !== 0) throw new Error(`npm ${args.join(' ')} failed`)
}

function attempt(what: string, file: string, args: readonly string[]): void {
  const { status } = spawnSync(file, args, { stdio: ['ignore', 'inherit', 'inherit'], timeout: 60_000 })
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'}  ${what}`)
  if (status !== 0) failed.push(what)
}
