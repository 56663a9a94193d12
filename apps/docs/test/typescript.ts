import { existsSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import type { Block } from './markdown.ts'
import { root } from './pages.ts'

/** Files that see each other: those of a page, or one block alone. */
export interface Unit {
  readonly name: string
  readonly blocks: readonly Block[]
}

/** What blocks may use without saying where it is from: on this site, and in the READMEs of either side. */
export type Ambient = 'docs' | 'server' | 'page'

const here = join(root, 'apps/docs')

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  lib: ['lib.es2024.d.ts', 'lib.esnext.disposable.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  moduleDetection: ts.ModuleDetectionKind.Force,
  customConditions: ['@sse/source'],
  allowImportingTsExtensions: true,
  types: ['node'],
  jsx: ts.JsxEmit.ReactJSX,
  strict: true,
  allowJs: true,
  checkJs: true,
  noEmit: true,
  skipLibCheck: true,
}

const vue3: ts.MapLike<string[]> = { vuex: ['./node_modules/vuex/types/index.d.ts'] }
const vue2: ts.MapLike<string[]> = {
  vue: ['./node_modules/vue2/types/index.d.ts'],
  'vue/types/*': ['./node_modules/vue2/types/*.d.ts'],
  vuex: ['./node_modules/vuex3/types/index.d.ts'],
  pinia: ['./node_modules/pinia2/dist/pinia.d.ts'],
}

/** What is read from the disk is parsed once for all programs. */
const parsed = new Map<string, ts.SourceFile | undefined>()

/**
 * What TypeScript says of the blocks, one line each with the page and the line in it. Units that add to the types of a package
 * (`declare module '@sse/…'`), or whose packages do (the sessions of Express), would add for all others too: each has a program of its
 * own, and the rest shares one.
 */
export function problemsOf(units: readonly Unit[], ambient: Ambient): string[] {
  const apart = units.filter(({ blocks }) =>
    blocks.some(({ code }) => /declare module '|declare global|from 'express-session'/.test(code)),
  )
  const together = units.filter((unit) => !apart.includes(unit))
  const isVue2 = ({ blocks }: Unit) => blocks.some((block) => block.isVue2)
  const programs = [
    together.filter((unit) => !isVue2(unit)),
    together.filter(isVue2),
    ...apart.map((unit) => [unit]),
  ]
  return programs.flatMap((some) => check(some, ambient, some.some(isVue2)))
}

function check(units: readonly Unit[], ambient: Ambient, isVue2: boolean): string[] {
  if (units.length === 0) return []
  const written = new Map<string, { readonly text: string; readonly block: Block; readonly before: number }>()
  for (const unit of units) {
    for (const [index, block] of unit.blocks.entries()) {
      const script = scriptOf(block)
      const name =
        block.file?.replace(/\.vue$/, `.vue.${script.language}`) ?? `block-${index}.${script.language}`
      const before = block.prelude ? `${block.prelude}\n` : ''
      const path = join(here, '.blocks', unit.name, name)
      written.set(path, { text: `${before}${readable(script.code)}`, block, before: lines(before) })
    }
  }
  const host = hostOf(new Map([...written].map(([path, { text }]) => [path, text])))
  const ambients = ['both', ambient].map((name) => join(here, `test/ambient/${name}.d.ts`))
  const program = ts.createProgram(
    [...written.keys(), ...ambients],
    { ...options, paths: isVue2 ? vue2 : vue3 },
    host,
  )
  const loose = ambients.flatMap((path) => diagnose(program, path).map((one) => say(one, path, 0)))
  return [
    ...loose,
    ...[...written].flatMap(([path, { block, before }]) =>
      diagnose(program, path)
        .filter((one) => !isBeside(one.code, block) && !isMeant(one))
        .map((one) => say(one, block.page, block.line - before)),
    ),
  ]
}

/** What plain JavaScript may leave open: types of parameters, and arrays that begin empty. */
function isBeside(code: number, { language }: Block): boolean {
  const implicitAny = [7005, 7006, 7018, 7019, 7031, 7034, 2345, 2339, 2322, 18047, 18048, 2531, 2769]
  return (language === 'js' || language === 'vue') && implicitAny.includes(code)
}

/** A line that shows what is refused when it runs is refused by the compiler as well. */
function isMeant({ file, start = 0 }: ts.Diagnostic): boolean {
  const line = file?.text.slice(start).split('\n', 1)[0] ?? ''
  return line.includes('// rejects')
}

function diagnose(program: ts.Program, path: string): readonly ts.Diagnostic[] {
  const file = program.getSourceFile(path)
  if (!file) return []
  return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]
}

function say({ file, start = 0, messageText }: ts.Diagnostic, page: string, from: number): string {
  const line = from + (file?.getLineAndCharacterOfPosition(start).line ?? 0)
  return `${page}:${line} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`
}

/** The script of a component, on the lines where it stands. */
function scriptOf({ language, code }: Block): { language: string; code: string } {
  if (language !== 'vue') return { language, code }
  const [, attributes = '', script = ''] = /<script([^>]*)>([\s\S]*?)<\/script>/.exec(code) ?? []
  const above = lines(code.slice(0, code.indexOf(script)))
  const component = /\bsetup\b/.test(attributes)
    ? "export default /** @type {import('vue').Component} */ ({})"
    : ''
  return {
    language: attributes.includes('lang="ts"') ? 'ts' : 'js',
    code: '\n'.repeat(above) + script + component,
  }
}

/** `…` stands for what the reader writes. */
function readable(code: string): string {
  return code.replaceAll('=> …', '=> {}')
}

const lines = (text: string) => text.split('\n').length - 1

/** The disk, with the blocks laid over it. */
function hostOf(files: ReadonlyMap<string, string>): ts.CompilerHost {
  const host = ts.createCompilerHost({ ...options, baseUrl: here })
  const folders = new Set(
    [...files.keys()].flatMap((path) => [join(path, '..'), join(path, '../..'), join(path, '../../..')]),
  )
  return {
    ...host,
    getCurrentDirectory: () => here,
    fileExists: (path) => files.has(path) || host.fileExists(path),
    directoryExists: (path) => folders.has(path) || existsSync(path),
    readFile: (path) => files.get(path) ?? host.readFile(path),
    getSourceFile(path, version) {
      const text = files.get(path)
      if (text !== undefined) return ts.createSourceFile(path, text, version)
      if (!parsed.has(path)) parsed.set(path, host.getSourceFile(path, version))
      return parsed.get(path)
    },
  }
}
