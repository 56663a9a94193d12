import { cruise, type ICruiseResult } from 'dependency-cruiser'
import { forbidden, rules } from './arrows.ts'
import type { Manifest } from './workspace.ts'

/**
 * Asks dependency-cruiser what the modules import.
 *
 * @param baseDir holds `packages` and `apps`
 */
export async function cruiseModules(baseDir: string, folders: readonly string[]): Promise<ICruiseResult> {
  const { output } = await cruise([...folders], {
    baseDir,
    validate: true,
    ruleSet: { forbidden },
    outputType: 'json',
    exclude: {
      // What is built, and where a program keeps its files while it builds.
      path: String.raw`^(packages|apps)/[^/]+/((web/)?dist|api|packages|\.blocks|\.vitepress/(\.temp|cache|dist))/`,
    },
    doNotFollow: { path: 'node_modules' },
    // Imports of types are arrows too. 'specify' would find the same ones, and compile each file to tell which of them are left.
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    enhancedResolveOptions: {
      conditionNames: ['@sse/source', 'types', 'import', 'node', 'default'],
      exportsFields: ['exports'],
      mainFields: ['types', 'main'],
    },
  })
  return JSON.parse(output as string) as ICruiseResult
}

/** One sentence for each import that the rules forbid. */
export function violations({ summary }: ICruiseResult): string[] {
  return summary.violations.map(({ from, to, rule, cycle }) =>
    cycle
      ? `${rule.name}: ${[from, ...cycle.map(({ name }) => name)].join(' → ')}`
      : `${from} imports ${to}: ${rule.name}`,
  )
}

/** One sentence for each package that is declared and not imported, or that no rule allows. A peer may be known by its shape alone. */
export function undue(
  { name, dependencies = {}, peerDependencies = {} }: Manifest,
  { modules }: ICruiseResult,
): string[] {
  const rule = rules[name]
  if (!rule) return [`${name} has no rule in .ci/arrows.ts`]
  const sources = modules.filter(({ source }) =>
    source.startsWith(`packages/${name.replace('@sse/', '')}/src/`),
  )
  const imported = new Set(sources.flatMap((one) => one.dependencies.map(({ module }) => module)))
  return [
    ...Object.keys(dependencies)
      .filter((one) => !imported.has(one))
      .map((one) => `${name} depends on '${one}', which no source imports`),
    ...Object.keys(peerDependencies)
      .filter((one) => !rule.packages.includes(one))
      .map((one) => `${name} has the peer '${one}', which .ci/arrows.ts does not name`),
    ...rule.packages
      .filter((one) => one.startsWith('@sse/') && imported.has(one) && !Object.hasOwn(dependencies, one))
      .map((one) => `${name} imports '${one}', which is not among its dependencies`),
  ]
}
