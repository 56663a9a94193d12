/**
 * Every error of the server is provoked as its case says, and the page of errors is written from what was thrown: `vitest -u` of this file writes
 * it again.
 */
import { SseError } from '@sse/core'
import { expect, test, vi } from 'vitest'
import { cases, codes, type ErrorCase, ends } from './errors/cases.ts'
import { pageOf, type Thrown } from './errors/page.ts'
import { Program } from './errors/program.ts'

const thrown: Thrown[] = []
const nameOf = ({ code, wrong }: ErrorCase) => `${code}: ${wrong}`

test.each(cases.map((its) => [nameOf(its), its] as const))('%s', { timeout: 60_000 }, async (_, its) => {
  await using program = new Program()
  const direct = await program.error(its.wrong, its)
  const error = its.told ? await vi.waitUntil(() => program.told[0], { timeout: 30_000 }) : direct
  expect(error).toBeInstanceOf(SseError)
  expect(error).toMatchObject({ code: its.code, name: 'SseError' })
  const { message } = error as SseError
  expect(message).not.toMatch(/\bis no\b|undefined must/)
  thrown.push({ its, message: program.readable(message) })
})

test.each(
  cases.flatMap((its) =>
    its.instead === undefined ? [] : [[`${its.code}: ${its.instead}`, its.instead, its] as const],
  ),
)('what to write instead does not fail, %s', { timeout: 60_000 }, async (_, instead, its) => {
  await using program = new Program()
  expect(await program.error(instead, its)).toBeUndefined()
  expect(program.told).toEqual([])
})

test.each(ends.map((its) => [its.end, its] as const))(
  'a stream ends as %s',
  { timeout: 60_000 },
  async (end, its) => {
    await using program = new Program()
    const reason = await program.end(its)
    expect(reason).toBeInstanceOf(SseError)
    expect(reason).toMatchObject({ name: 'AbortError', code: end, message: `The stream has ended: ${end}.` })
  },
)

test('every case says the way out, and every code has a case', () => {
  expect(cases.filter(({ instead, wayOut }) => instead === undefined && wayOut === undefined)).toEqual([])
  expect(new Set(cases.map(({ code }) => code))).toEqual(new Set(Object.keys(codes)))
})

test('the page of errors tells what was thrown', async () => {
  expect(thrown).toHaveLength(cases.length)
  await expect(pageOf(codes, thrown, ends)).toMatchFileSnapshot('../reference/errors.md')
})
