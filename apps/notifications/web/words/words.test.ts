import { expect, test } from 'vitest'
import { en } from './en.ts'
import { ko } from './ko.ts'

/** Every text of a language, functions called with what they take: numbers and names alike are written as text. */
function texts(words: object, path = ''): [path: string, text: string][] {
  return Object.entries(words).flatMap(([key, value]) => {
    const at = path ? `${path}.${key}` : key
    if (at === 'line.says') return []
    if (typeof value === 'function') return [[at, String(value(3, 3))] as [string, string]]
    return typeof value === 'object' ? texts(value, at) : [[at, String(value)] as [string, string]]
  })
}

test('no text is empty, and none was left in English but names', () => {
  const korean = new Map(texts(ko))
  for (const [, text] of korean) expect(text.trim()).not.toBe('')
  const same = texts(en).filter(([path, text]) => korean.get(path) === text)
  expect(same.map(([path]) => path)).toEqual(['product', 'operator.series.p50', 'operator.series.p99'])
})
