import { readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { parseSync, Visitor } from 'vite'
import { rules } from './arrows.ts'

/**
 * What publint and attw do not look at: that no test is shipped, that every import of a built file ends at a
 * shipped one, that source maps lead to shipped sources, that declarations do not need types which do not
 * resolve for every user, and that old bundlers find every entry. That those parse it is held by the target of the build and a consumer on webpack 4.
 *
 * @param folder the unpacked tarball.
 */
export function contents(name: string, folder: string, files: readonly string[]): string[] {
  const shipped = new Set(files)
  const built = files.filter((path) => path.startsWith('dist/'))
  const read = (path: string) => readFileSync(join(folder, path), 'utf8')
  return [
    ...files.filter((path) => /\.test(-\w+)?\.|\.tsbuildinfo$/.test(path)).map((path) => `${path}: shipped`),
    ...built.filter((path) => path.endsWith('.map')).flatMap((path) => lost(path, read(path), shipped)),
    ...built
      .filter((path) => /\.(js|d\.ts)$/.test(path))
      .flatMap((path) => broken(path, read(path), shipped)),
    ...built.filter((path) => path.endsWith('.d.ts')).flatMap((path) => untyped(path, read(path), name)),
    ...(rules[name]?.node === 'none' ? forOldBundlers(read, shipped) : []),
  ]
}

/** Bundlers that know no `exports`, as webpack 4, look for a folder of the name of the entry. */
function forOldBundlers(read: (path: string) => string, shipped: ReadonlySet<string>): string[] {
  const { exports } = JSON.parse(read('package.json')) as {
    readonly exports: Readonly<Record<string, { readonly default: string; readonly types: string } | string>>
  }
  return Object.entries(exports).flatMap(([entry, target]) => {
    if (entry === '.' || typeof target === 'string') return []
    const stub = `${entry.slice(2)}/package.json`
    if (!shipped.has(stub)) return [`${stub} is not shipped: without it webpack 4 does not find '${entry}'`]
    const { main, types } = JSON.parse(read(stub)) as Readonly<Record<string, string>>
    const wanted = [target.default, target.types].map((path) => posix.relative(entry, path))
    return wanted.join() === [main, types].join() ? [] : [`${stub} leads elsewhere than '${entry}'`]
  })
}

function lost(path: string, text: string, shipped: ReadonlySet<string>): string[] {
  const { sources } = JSON.parse(text) as { sources: string[] }
  return sources
    .map((source) => posix.join(posix.dirname(path), source))
    .filter((source) => !shipped.has(source))
    .map((source) => `${path}: its source ${source} is not shipped`)
}

/** Every module that a file names, imports of types included. */
function specifiersOf(path: string, text: string): string[] {
  const { program, errors } = parseSync(path, text)
  if (errors[0]) throw new Error(`${path} cannot be parsed: ${errors[0].message}`)
  const found: string[] = []
  const take = ({ source }: { readonly source: unknown }) => {
    const { value } = (source ?? {}) as { readonly value?: unknown }
    if (typeof value === 'string') found.push(value)
  }
  new Visitor({
    ImportDeclaration: take,
    ExportNamedDeclaration: take,
    ExportAllDeclaration: take,
    ImportExpression: take,
    TSImportType: take,
  }).visit(program)
  return found
}

/** In declarations TypeScript leaves `./x.ts` as it is and takes it for `./x.d.ts`. */
function broken(path: string, text: string, shipped: ReadonlySet<string>): string[] {
  return specifiersOf(path, text).flatMap((specifier) => {
    if (!specifier.startsWith('.')) return []
    const target = posix.join(posix.dirname(path), specifier)
    const meant = path.endsWith('.d.ts') ? target.replace(/(\.d)?\.[jt]s$/, '.d.ts') : target
    return shipped.has(meant) ? [] : [`${path}: imports '${specifier}', which is not shipped`]
  })
}

function untyped(path: string, text: string, name: string): string[] {
  const barred = rules[name]?.untyped ?? []
  return specifiersOf(path, text)
    .filter((specifier) => barred.some((one) => specifier === one || specifier.startsWith(`${one}/`)))
    .map((specifier) => `${path}: mentions '${specifier}', whose types do not resolve for every user`)
}
