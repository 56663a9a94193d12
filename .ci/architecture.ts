import { exclusive, http, type Rule } from './arrows.ts'
import { specifiersOf, type Target, targetOf } from './imports.ts'
import type { Manifest, SourceFile, SourcePackage } from './workspace.ts'

interface Import {
  readonly file: SourceFile
  readonly specifier: string
  readonly target: Target
}

/** Each sentence is something a package imports or declares though the rules say otherwise. */
export function violations(
  { manifest, files }: SourcePackage,
  rule: Rule | undefined,
  shared: Manifest,
): string[] {
  if (!rule) return [`${manifest.name} has no rule in .ci/arrows.ts`]
  const all = files.flatMap(importsOf)
  const own = all.filter(({ file }) => !isTest(file))
  const used = new Set(own.flatMap(({ target }) => (target.kind === 'package' ? [target.name] : [])))
  return [
    ...all.flatMap((item) => leaves(item) ?? foreign(item, manifest) ?? []),
    ...own.flatMap((item) => forbidden(item, rule) ?? []),
    ...all.flatMap((item) => undeclared(item, manifest, isTest(item.file) ? shared : undefined) ?? []),
    ...unused(manifest, used, rule),
  ]
}

/** Beside the sources: `*.test.ts`, `*.test-d.ts`, `*.test-kit.ts`. What lies outside `src` is never shipped. */
export function isTest({ path }: SourceFile): boolean {
  return !path.startsWith('src/') || /\.test(-\w+)?\.ts$/.test(path)
}

function importsOf(file: SourceFile): Import[] {
  return specifiersOf(file).map((specifier) => ({ file, specifier, target: targetOf(specifier, file) }))
}

function says({ file, specifier }: Import, why: string): string {
  return `${file.path} imports '${specifier}': ${why}`
}

function leaves(item: Import): string | undefined {
  const left = item.target.kind === 'file' && item.target.path.startsWith('../')
  return left ? says(item, 'a path out of the package') : undefined
}

function foreign(item: Import, { name }: Manifest): string | undefined {
  if (item.target.kind !== 'package') return undefined
  const owner = exclusive[item.target.name]
  return owner && owner !== name ? says(item, `only ${owner} knows it`) : undefined
}

function forbidden(item: Import, { packages, node }: Rule): string | undefined {
  const { target } = item
  if (target.kind === 'package' && !packages.includes(target.name)) return says(item, 'no such arrow')
  if (target.kind !== 'builtin' || node === 'all') return undefined
  if (node === 'none') return says(item, 'this package runs in browsers')
  return http.includes(target.name) ? says(item, 'this package knows no server') : undefined
}

function undeclared(item: Import, manifest: Manifest, shared: Manifest | undefined): string | undefined {
  const { target } = item
  if (target.kind !== 'package' || (shared && target.name === manifest.name)) return undefined
  const declared = [manifest.dependencies, manifest.peerDependencies]
  if (shared) declared.push(manifest.devDependencies, shared.devDependencies)
  const found = declared.some((names) => names && Object.hasOwn(names, target.name))
  return found ? undefined : says(item, 'not declared in package.json')
}

/** A peer may be known by its shape alone, but it must be one the rules name. */
function unused(manifest: Manifest, used: ReadonlySet<string>, rule: Rule): string[] {
  const dependencies = Object.keys(manifest.dependencies ?? {}).filter((name) => !used.has(name))
  const peers = Object.keys(manifest.peerDependencies ?? {}).filter((name) => !rule.packages.includes(name))
  return [
    ...dependencies.map((name) => `package.json depends on '${name}', which no source imports`),
    ...peers.map((name) => `package.json has the peer '${name}', to which there is no arrow`),
  ]
}
