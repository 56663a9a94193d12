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
/** The reference is generated from English messages, or is held by tests. */
const english = docs.filter(
  ({ path }) => !path.startsWith(`${folder}ko/`) && !path.startsWith(`${folder}reference/`),
)

test.each(english.map(({ path, text }) => [path, text] as const))(
  '%s has its parts in Korean too',
  (path, text) => {
    expect(partsOf(korean.get(path) ?? '')).toEqual(partsOf(text))
  },
)

test('Korean pages call things by the words of the field', () => {
  const wrong = /와이어|통지받|로그의 머리/
  expect([...korean].filter(([, text]) => wrong.test(text)).map(([path]) => path)).toEqual([])
})

/** Headings by their level, and how many rows of tables and items of lists stand under each. */
function partsOf(text: string): readonly string[] {
  const parts = proseOf(text).split(/^(?=#)/m)
  return parts.map((part) => {
    const count = (pattern: RegExp) => [...part.matchAll(pattern)].length
    const [level = ''] = /^#*/.exec(part) ?? []
    return `${level} rows ${count(/^\|/gm)}, items ${count(/^(?:- |\d+\. )/gm)}`
  })
}
