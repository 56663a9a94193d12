import { describe, expect, it } from 'vitest'
import { type Decision, decide } from './retry-policy.ts'
import type { SseFailure } from './state.ts'

type Row = [answer: string, failure: SseFailure, decision: Decision]

const status = (status: number): SseFailure => ({ code: 'status', message: '', status })

const final = { mayRefresh: false, hasCursor: false }

describe('the table of answers', () => {
  it.each<Row>([
    ['a network error', { code: 'network', message: '' }, 'retry'],
    ['silence', { code: 'silence', message: '' }, 'retry'],
    ['a native source that gave up', { code: 'refused', message: '' }, 'retry'],
    ['sse.close with a time', { code: 'ended', message: '', retryAfter: 0 }, 'retry'],
    ['sse.close with stay-away', { code: 'ended', message: '', retryAfter: false }, 'ended'],
    ['a redirect to another origin', { code: 'redirect', message: '' }, 'rejected'],
    ['a function that gives a wrong URL', { code: 'url', message: '' }, 'rejected'],
    ['an event that is too large', { code: 'overflow', message: '' }, 'retry'],
    ['a wrong content type', { code: 'content-type', message: '' }, 'rejected'],
    ['a refresh that failed', { code: 'refresh', message: '' }, 'unauthorized'],
    ['204', status(204), 'ended'],
    ['401', status(401), 'unauthorized'],
    ['403', status(403), 'unauthorized'],
    ...[408, 425, 429, 500, 502, 503, 504, 599].map((code): Row => [`${code}`, status(code), 'retry']),
    ...[201, 304, 400, 402, 404, 405, 406, 409, 410, 422].map(
      (code): Row => [`${code}`, status(code), 'rejected'],
    ),
  ])('%s', (_, failure, decision) => expect(decide(failure, final)).toBe(decision))

  it.each([401, 403])('asks for new credentials on %i, if it may', (code) =>
    expect(decide(status(code), { mayRefresh: true, hasCursor: true })).toBe('refresh'),
  )

  it.each([400, 414, 431])('drops a cursor on %i, if there was one', (code) =>
    expect(decide(status(code), { mayRefresh: false, hasCursor: true })).toBe('drop cursor'),
  )
})
