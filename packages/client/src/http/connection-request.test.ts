import { describe, expect, it } from 'vitest'
import { retryAfter } from './connection-request.ts'

describe('Retry-After', () => {
  const now = Date.parse('Wed, 21 Oct 2026 07:28:00 GMT')
  it.each([
    ['120', 120_000],
    ['0', 0],
    ['9'.repeat(400), 2 ** 31 - 1],
    ['Wed, 21 Oct 2026 07:28:30 GMT', 30_000],
    ['Wed, 21 Oct 2026 07:00:00 GMT', 0],
    ['soon', undefined],
    ['', undefined],
    [null, undefined],
  ])('%j', (header, wait) => expect(retryAfter(header, now)).toBe(wait))
})
