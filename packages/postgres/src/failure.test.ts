import { SseError } from '@sse/core'
import { expect, it } from 'vitest'
import { failureOf, stateOf } from './failure.ts'

const errorOf = (code: string | undefined) => Object.assign(new Error('of the server'), code ? { code } : {})

it.each([
  ['57P01', 'log-unreachable', 'cannot be reached'],
  ['08006', 'log-unreachable', 'cannot be reached'],
  ['53300', 'log-unreachable', 'max_connections'],
  ['53100', 'log-full', 'room'],
  ['25006', 'log-read-only', 'primary'],
  ['42501', 'log-failed', 'permission'],
  ['28P01', 'log-failed', 'password'],
  ['3D000', 'log-failed', 'database'],
  ['42P01', 'log-gone', 'postgresSchema()'],
  ['SSE01', 'log-failed', 'READ COMMITTED'],
  ['XX001', 'log-corrupt', 'backup'],
  ['22P02', 'log-failed', 'refused'],
  // A connection that was lost has a code of Node, or none.
  ['ECONNRESET', 'log-unreachable', 'cannot be reached'],
  [undefined, 'log-unreachable', 'cannot be reached'],
])('%s is told as %s, with its cause', (state, code, words) => {
  const error = failureOf(errorOf(state), 'sse')
  expect(error).toMatchObject({ code, message: expect.stringContaining(words), cause: expect.any(Error) })
  expect(error.message).toContain('of the server')
})

it('finds the error of the server in that of a query builder', () => {
  const wrapped = new Error('query failed', { cause: new Error('driver', { cause: errorOf('40001') }) })
  expect(stateOf(wrapped)).toBe('40001')
})

it('leaves an SseError as it is', () => {
  const error = new SseError('closed', 'x')
  expect(failureOf(error, 'sse')).toBe(error)
})
