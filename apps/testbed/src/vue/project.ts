import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

export type PairName = 'Vue 3' | 'Vue 2.7'

/** A user's project: our packages as they are built, beside one Vue and what is made for it. */
export interface Project {
  readonly folder: string
  /** Writes files, and tells what TypeScript says of them, one line each. */
  check(files: Readonly<Record<string, string>>, compilerOptions: ts.CompilerOptions): string[]
  remove(): void
}

const own = fileURLToPath(new URL('../..', import.meta.url))
const packages = join(own, '../../packages')

/** What a user of each Vue installs beside it. The names on the right are those of this repository. */
const installed = {
  'Vue 3': { vue: 'vue', vuex: 'vuex', pinia: 'pinia' },
  'Vue 2.7': { vue: 'vue2', vuex: 'vuex3', pinia: 'pinia2' },
} as const satisfies Record<PairName, Record<string, string>>

const { ModuleKind, ModuleResolutionKind } = ts

/** How users' TypeScript finds packages. */
export const resolutions: readonly [string, ts.CompilerOptions][] = [
  ['bundler', { module: ModuleKind.ESNext, moduleResolution: ModuleResolutionKind.Bundler }],
  ['node16', { module: ModuleKind.Node16, moduleResolution: ModuleResolutionKind.Node16 }],
  ['classic', { module: ModuleKind.ESNext, moduleResolution: ModuleResolutionKind.Node10 }],
]

export interface ProjectOptions {
  /** Another version of something that is installed: the name of it in this repository. */
  readonly installed?: Readonly<Record<string, string>>
}

/** @param names folders of packages, with those that they import */
export function createProject(
  pair: PairName,
  names: readonly string[],
  options: ProjectOptions = {},
): Project {
  const folder = mkdtempSync(join(tmpdir(), 'sse-vue-'))
  build(folder, names)
  const modules = join(folder, 'node_modules')
  for (const [name, real] of Object.entries({ ...installed[pair], ...options.installed }))
    symlinkSync(join(own, 'node_modules', real), join(modules, name))
  for (const name of names) {
    for (const dependency of dependenciesOf(name)) {
      mkdirSync(dirname(join(modules, dependency)), { recursive: true })
      symlinkSync(join(packages, name, 'node_modules', dependency), join(modules, dependency))
    }
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  return {
    folder,
    check(files, compilerOptions) {
      for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
      const typed = Object.keys(files).filter((name) => name.endsWith('.ts'))
      const all: ts.CompilerOptions = {
        ...{
          target: ts.ScriptTarget.ES2023,
          lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
        },
        ...{ strict: true, noEmit: true, types: [], ignoreDeprecations: '6.0' },
        paths: pathsOf(pair, modules),
        // Of the libraries only ours are looked at.
        skipLibCheck: true,
        ...compilerOptions,
      }
      const names = typed.map((name) => join(folder, name))
      const program = ts.createProgram(names, all, hostOf(all, folder))
      const looked = program.getSourceFiles().filter(({ fileName }) => isOurs(fileName, folder))
      return [...program.getOptionsDiagnostics(), ...looked.flatMap((file) => diagnose(program, file))].map(
        say,
      )
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** What is not of a project is parsed once for all of them. */
const parsed = new Map<string, ts.SourceFile | undefined>()

function hostOf(options: ts.CompilerOptions, folder: string): ts.CompilerHost {
  const host = ts.createCompilerHost(options)
  return {
    ...host,
    getSourceFile(path, version) {
      if (path.startsWith(folder)) return host.getSourceFile(path, version)
      const key = `${path} ${options.module} ${JSON.stringify(version)}`
      if (!parsed.has(key)) parsed.set(key, host.getSourceFile(path, version))
      return parsed.get(key)
    },
  }
}

/** What a package depends on, besides ours. */
function dependenciesOf(name: string): string[] {
  const manifest = JSON.parse(readFileSync(join(packages, name, 'package.json'), 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>
  }
  return Object.keys(manifest.dependencies).filter((dependency) => !dependency.startsWith('@sse/'))
}

/** Vuex's export map names no types: a user writes the same. Vuex 3 would find the Vue of this workspace. */
function pathsOf(pair: PairName, modules: string): ts.MapLike<string[]> {
  const vuex = { vuex: [`${modules}/vuex/types/index.d.ts`] }
  if (pair === 'Vue 3') return vuex
  return { ...vuex, vue: [`${modules}/vue/types/index.d.ts`], 'vue/types/*': [`${modules}/vue/types/*.d.ts`] }
}

const isOurs = (file: string, folder: string) =>
  file.startsWith(folder) && (!file.includes('/node_modules/') || file.includes('/node_modules/@sse/'))

function diagnose(program: ts.Program, file: ts.SourceFile): ts.Diagnostic[] {
  return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]
}

function say({ file, start = 0, messageText }: ts.Diagnostic): string {
  const line = file ? file.getLineAndCharacterOfPosition(start).line + 1 : 0
  return `${file?.fileName.replace(/.*\//, '')}:${line} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`
}

/** The folder of the packed packages, which `pnpm test` sets. */
const packed = process.env['SSE_PACKED']

/** Where packages are built already. */
const built = new Map<string, string>()

/** Puts packages where a package manager would put them: as they are packed, or else as their `build` emits them, with their package.json. */
function build(folder: string, names: readonly string[]): void {
  if (packed) {
    unpack(packed, folder, names)
    return
  }
  const key = names.join()
  const output = built.get(key) ?? emit(names)
  built.set(key, output)
  for (const name of names) {
    const target = join(folder, 'node_modules/@sse', name)
    mkdirSync(dirname(target), { recursive: true })
    for (const entry of entriesOf(name))
      cpSync(join(packages, name, entry), join(target, entry), { recursive: true })
    cpSync(join(output, name, 'src'), join(target, 'dist'), { recursive: true })
    cpSync(join(packages, name, 'package.json'), join(target, 'package.json'))
  }
}

function unpack(from: string, folder: string, names: readonly string[]): void {
  const list = JSON.parse(readFileSync(join(from, 'packed.json'), 'utf8')) as {
    readonly name: string
    readonly tarball: string
  }[]
  for (const name of names) {
    const target = join(folder, 'node_modules/@sse', name)
    mkdirSync(target, { recursive: true })
    const { tarball = '' } = list.find((one) => one.name === `@sse/${name}`) ?? {}
    const { status } = spawnSync('tar', ['-xzf', tarball, '-C', target, '--strip-components=1'])
    if (status !== 0) throw new Error(`@sse/${name} could not be unpacked from ${from}`)
  }
}

/** @returns a folder, which goes when the process ends */
function emit(names: readonly string[]): string {
  const output = mkdtempSync(join(tmpdir(), 'sse-vue-built-'))
  process.once('exit', () => rmSync(output, { recursive: true, force: true }))
  const tsconfig = join(output, 'tsconfig.build.json')
  const config = {
    extends: join(packages, '../tsconfig.base.json'),
    compilerOptions: {
      ...{ rootDir: packages, outDir: output, lib: ['ES2023', 'DOM', 'DOM.Iterable'] },
      target: 'ES2019',
      paths: { 'vue/types/vue': [join(own, 'node_modules/vue2/types/vue.d.ts')] },
    },
    include: names.map((name) => join(packages, name, 'src')),
    exclude: names.map((name) => join(packages, name, 'src/**/*.test*.ts')),
  }
  writeFileSync(tsconfig, JSON.stringify(config))
  const tsc = fileURLToPath(import.meta.resolve('typescript/lib/tsc.js'))
  spawnSync(process.execPath, [tsc, '--project', tsconfig, '--noCheck'])
  return output
}

/** The folders that lead old bundlers to the entries of a package. */
function entriesOf(name: string): string[] {
  const { exports } = JSON.parse(readFileSync(join(packages, name, 'package.json'), 'utf8')) as {
    readonly exports: Readonly<Record<string, unknown>>
  }
  const folders = Object.keys(exports).map((entry) => entry.slice(2))
  return folders.filter((entry) => entry !== '' && existsSync(join(packages, name, entry, 'package.json')))
}
