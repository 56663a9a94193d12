/** What shows that a page was changed in one language only. `code.test.ts` compares the code. */
import { expect, test } from 'vitest'
import { proseOf } from './markdown.ts'
import { docs } from './pages.ts'

const folder = 'apps/docs/'
const korean = new Map(
  docs.flatMap(({ path, text }) =>
    path.startsWith(`${folder}ko/`) ? [[path.replace('/ko/', '/'), text]] : [],
  ),
)
/** The page of errors is made of the messages, which are in English. */
const english = docs.filter(
  ({ path }) => !path.startsWith(`${folder}ko/`) && path !== `${folder}reference/errors.md`,
)

test.each(english.map(({ path, text }) => [path, text] as const))(
  '%s has its parts in Korean too',
  (path, text) => {
    expect(partsOf(korean.get(path) ?? '')).toEqual(partsOf(text))
  },
)

test.each(english.map(({ path, text }) => [path, text] as const))(
  '%s has its numbers in Korean too',
  (path, text) => {
    const parts = sectionsOf(korean.get(path) ?? '').map(numbersOf)
    expect(sectionsOf(text).flatMap((part, index) => missing(numbersOf(part), parts[index] ?? []))).toEqual(
      [],
    )
  },
)

test('Korean pages call things by the words of the field', () => {
  const wrong = /와이어|통지받|로그의 머리/
  expect([...korean].filter(([, text]) => wrong.test(text)).map(([path]) => path)).toEqual([])
})

/** Headings by their level, and how many rows of tables and items of lists stand under each. */
function partsOf(text: string): readonly string[] {
  return sectionsOf(text).map((part) => {
    const count = (pattern: RegExp) => [...part.matchAll(pattern)].length
    const [level = ''] = /^#*/.exec(part) ?? []
    return `${level} rows ${count(/^\|/gm)}, items ${count(/^(?:- |\d+\. )/gm)}`
  })
}

function sectionsOf(text: string): readonly string[] {
  return proseOf(text).split(/^(?=#)/m)
}

/** Those of two digits or more: Korean writes others as digits where English has words. */
function numbersOf(part: string): readonly string[] {
  return part.replaceAll(/\]\([^)]*\)|<!--[\s\S]*?-->/g, '').match(/\d[\d,.]*\d/g) ?? []
}

function missing(wanted: readonly string[], given: readonly string[]): readonly string[] {
  const rest = [...given]
  return wanted.filter((one) => {
    const index = rest.indexOf(one)
    if (index >= 0) rest.splice(index, 1)
    return index < 0
  })
}
