import type { Hub } from '@sse/express' with { 'resolution-mode': 'import' }

/** The same for settings that take no `require` of an ES module: types by their resolution mode, values by `import()`. */
export async function createMyHub(): Promise<Hub> {
  const { createHub } = await import('@sse/express')
  return createHub()
}
