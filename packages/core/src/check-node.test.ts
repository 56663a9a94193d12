import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { checkNode } from './check-node.ts'

describe('the check of Node at import', () => {
  it.each([
    ['22.12', '20.19.5'],
    ['22.12', '22.11.0'],
    ['22.16', '22.12.0'],
    ['22.16', '22.15.1'],
  ])('of a package that needs %s names it, what it needs, and Node %s', (needed, node) => {
    expect(() => checkNode('@sse/core', needed, node)).toThrow(
      `@sse/core needs Node ${needed} or newer, and this is Node ${node}: install a newer Node.`,
    )
  })

  it.each([
    ['22.12', '22.12.0'],
    ['22.12', '22.12.0-nightly'],
    ['22.16', '22.16.0'],
    ['22.16', '24.0.0'],
    ['22.16', '100.1.0'],
    ['22.16', 'unreadable'],
    ['22.16', undefined],
  ])('of a package that needs %s lets Node %s pass', (needed, node) => {
    expect(checkNode('@sse/core', needed, node)).toBeUndefined()
  })

  it.each(['core', 'express', 'postgres', 'redis', 'sqlite'])(
    'comes first in the index of @sse/%s, and is what engines says',
    (name) => {
      const file = (path: string) => readFileSync(new URL(`../../${name}/${path}`, import.meta.url), 'utf8')
      expect(file('src/index.ts')).toMatch(/^import '\.\/needs-node\.ts'\n/)
      const { engines, sideEffects } = JSON.parse(file('package.json'))
      expect(file('src/needs-node.ts')).toContain(
        `checkNode('@sse/${name}', '${engines.node.replace('>=', '')}')`,
      )
      expect(sideEffects).toEqual(expect.arrayContaining(['./dist/index.js', './dist/needs-node.js']))
    },
  )
})
