import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type Block, blocksOf } from './markdown.ts'
import { docs } from './pages.ts'

/** Where blocks are written to be run; git ignores it. */
const folder = fileURLToPath(new URL('../.blocks', import.meta.url))

/** The TypeScript of a page, in its order. */
export function scriptsOf(page: string): Block[] {
  const found = docs.find(({ path }) => path === `apps/docs/${page}`)
  if (!found) throw new Error(`There is no page ${page}.`)
  return blocksOf(page, found.text).filter(({ language }) => language === 'ts')
}

/** Runs a block as it stands on its page, given what it uses and does not import. @returns what it exports */
export async function run(
  block: Block,
  given: Readonly<Record<string, unknown>> = {},
): Promise<Record<string, unknown>> {
  const { page, line, code } = block
  const id = `${page.replace(/\W+/g, '_')}_${line}`
  const file = join(folder, `${id}.ts`)
  mkdirSync(folder, { recursive: true })
  writeFileSync(file, `const { ${Object.keys(given)} } = globalThis.${id}\n${code}`)
  Object.assign(globalThis, { [id]: given })
  return import(/* @vite-ignore */ pathToFileURL(file).href)
}
