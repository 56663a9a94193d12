import { describe, expect, test } from 'vitest'
import { newerSyntax } from './syntax.ts'

describe('newer than ES2019', () => {
  test.each([
    ['a?.b', '`?.` is newer'],
    ['a?.()', '`?.` is newer'],
    ['a ?? b', '`??` is newer'],
    ['1n', 'a BigInt is newer'],
    ["export * as a from 'a'", '`export * as` is newer'],
    ['import.meta.url', '`import.meta` is newer'],
    ['a ??= b', 'Unexpected token'],
    ['1_000', 'Identifier directly after number'],
    ['class A { b = 1 }', 'Unexpected token'],
    ['class A { #b() {} }', 'Unexpected character'],
    ['await a', 'await'],
    ['/a/v', 'Invalid regular expression flag'],
  ])('is %s', (code, message) => {
    expect(newerSyntax('a.js', code)).toEqual([expect.stringContaining(message)])
  })

  test.each([
    "import('a')",
    'async function* a() { for await (const b of c) yield { ...b } }',
    'try {} catch {}',
    "export * from 'a'",
    'new.target',
    '/(?<a>.)/s',
  ])('is not %s', (code) => {
    const inFunction = code === 'new.target' ? `function a() { ${code} }` : code
    expect(newerSyntax('a.js', inFunction)).toEqual([])
  })
})
