import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { root } from './paths.ts'

/** The fields of a package.json that our checks read. */
export interface Manifest {
  readonly name: string
  readonly private?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

export interface SourceFile {
  /** From the package's folder, with `/`. */
  readonly path: string
  readonly text: string
}

/** A package with its TypeScript files, tests included. */
export interface SourcePackage {
  readonly manifest: Manifest
  readonly files: readonly SourceFile[]
}

/** The folders of `packages/` or `apps/`. */
export function folders(group: 'packages' | 'apps'): string[] {
  return readdirSync(join(root, group))
    .map((name) => join(root, group, name))
    .filter((folder) => existsSync(join(folder, 'package.json')))
}

export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
}

export function readPackage(folder: string): SourcePackage {
  return { manifest: readManifest(folder), files: [...sourceFiles(folder)] }
}

const built = new Set(['node_modules', 'dist'])

function* sourceFiles(folder: string, from = folder): Generator<SourceFile> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory() && !built.has(entry.name)) yield* sourceFiles(path, from)
    if (entry.isFile() && /\.[cm]?tsx?$/.test(entry.name)) {
      yield { path: relative(from, path).replaceAll(sep, '/'), text: readFileSync(path, 'utf8') }
    }
  }
}
