import { readFileSync } from 'node:fs'
import type { PairName } from './project.ts'

/** The files of the first example in a README, as they are written there. */
export function readExample(readme: URL, pair: PairName): Record<string, string> {
  const text = readFileSync(readme, 'utf8')
  const files: Record<string, string> = {}
  for (const [, code = ''] of text.matchAll(/^```(?:ts|vue)\n(.*?)^```$/gms)) {
    const [, name, only = pair] = /^(?:\/\/|<!--) ([\w.]+)(?:, (Vue [\d.]+))?/.exec(code) ?? []
    if (name && only === pair) files[name] = code
  }
  return files
}
