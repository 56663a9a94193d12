import { type Node, parse } from 'acorn'

/**
 * Finds syntax that webpack 4 does not parse: what is newer than ES2019, except `import()`. Many apps on Vue 2.7 are built by webpack 4, and
 * bundlers do not lower what comes from `node_modules`. Only syntax is looked at: what an old browser lacks at run time, a polyfill brings.
 *
 * @returns one sentence for each place
 */
export function newerSyntax(path: string, code: string): string[] {
  const found: string[] = []
  try {
    // The standard that has `import()`; the little else that came with it is looked for below.
    visit(parse(code, { ecmaVersion: 2020, sourceType: 'module', locations: true }), (node) => {
      const what = OF_2020.find(({ is }) => is(node))?.name
      if (what) found.push(`${path}:${node.loc?.start.line}: ${what} is newer than ES2019`)
    })
  } catch (error) {
    found.push(`${path}: newer than ES2019: ${(error as Error).message}`)
  }
  return found
}

type AnyNode = Node & Readonly<Record<string, unknown>>

const OF_2020: readonly { readonly name: string; readonly is: (node: AnyNode) => boolean }[] = [
  { name: '`?.`', is: ({ type }) => type === 'ChainExpression' },
  { name: '`??`', is: ({ operator, type }) => type === 'LogicalExpression' && operator === '??' },
  { name: 'a BigInt', is: ({ bigint }) => bigint !== undefined },
  { name: '`export * as`', is: ({ exported, type }) => type === 'ExportAllDeclaration' && exported !== null },
  {
    name: '`import.meta`',
    is: ({ meta, type }) => type === 'MetaProperty' && (meta as { name: string }).name === 'import',
  },
]

function visit(value: unknown, see: (node: AnyNode) => void): void {
  if (typeof value !== 'object' || value === null) return
  if ('type' in value) see(value as AnyNode)
  for (const child of Object.values(value)) visit(child, see)
}
