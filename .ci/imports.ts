import { posix } from 'node:path'
import ts from 'typescript'
import type { SourceFile } from './workspace.ts'

/** Every module a TypeScript file names: import, export from, `import()`, type imports, `declare module`. */
export function specifiersOf({ text }: SourceFile): string[] {
  const { importedFiles } = ts.preProcessFile(text, true, false)
  return [...new Set(importedFiles.map((file) => file.fileName))]
}

/** Those of them that are still there when the types are gone. */
function runtimeSpecifiersOf({ text, path }: SourceFile): string[] {
  const compilerOptions = {
    module: ts.ModuleKind.ESNext,
    target: ts.ScriptTarget.ESNext,
    verbatimModuleSyntax: true,
  }
  return specifiersOf({ path, text: ts.transpileModule(text, { compilerOptions }).outputText })
}

export type Target =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'builtin'; readonly name: string }
  | { readonly kind: 'package'; readonly name: string }

/** What a specifier in `file` means. A path is one from the package's folder; `../…` has left it. */
export function targetOf(specifier: string, file: SourceFile): Target {
  if (specifier.startsWith('.')) {
    return { kind: 'file', path: posix.join(posix.dirname(file.path), specifier) }
  }
  if (specifier.startsWith('node:')) return { kind: 'builtin', name: specifier.slice('node:'.length) }
  const parts = specifier.split('/')
  return { kind: 'package', name: parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/') }
}

/**
 * The first circle found among the files of one package, where what a module sees of another depends on which
 * was loaded first. Two that name each other's types only are not one: types have no order.
 */
export function circle(files: readonly SourceFile[]): string[] | undefined {
  const graph = new Map(
    files.map((file) => {
      const targets = runtimeSpecifiersOf(file).map((specifier) => targetOf(specifier, file))
      return [file.path, targets.flatMap((target) => (target.kind === 'file' ? [target.path] : []))] as const
    }),
  )
  const done = new Set<string>()

  function visit(path: string, trail: readonly string[]): string[] | undefined {
    const start = trail.indexOf(path)
    if (start >= 0) return [...trail.slice(start), path]
    if (done.has(path)) return undefined
    for (const next of graph.get(path) ?? []) {
      const found = visit(next, [...trail, path])
      if (found) return found
    }
    done.add(path)
    return undefined
  }

  for (const path of graph.keys()) {
    const found = visit(path, [])
    if (found) return found
  }
  return undefined
}
