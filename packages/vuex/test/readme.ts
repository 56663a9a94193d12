import { readFileSync } from 'node:fs'

/** The files of the first example in the README, as they are written there. */
export function readExample(pair: 'Vue 3' | 'Vue 2.7'): Record<string, string> {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const files: Record<string, string> = {}
  for (const [, code = ''] of readme.matchAll(/^```(?:ts|vue)\n(.*?)^```$/gms)) {
    const [, name, only = pair] = /^(?:\/\/|<!--) ([\w.]+)(?:, (Vue [\d.]+))?/.exec(code) ?? []
    if (name && only === pair) files[name] = code
  }
  return files
}
