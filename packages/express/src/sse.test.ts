import * as core from '@sse/core'
import { describe, expect, it } from 'vitest'
import * as everything from './index.ts'
import { createHub, sse } from './index.ts'

describe('sse', () => {
  it.each([
    ['a hub that is none', { hub: {} }],
    ['a negative retry', { retry: -1 }],
    ['a stall that is no number', { stall: 'soon' }],
    ['a retry range with text', { retry: [1, '2'] }],
  ])('refuses %s when it is made, not at the first request', (_, options) => {
    expect(() => sse(options as never)).toThrow(
      expect.objectContaining({ name: 'SseError', code: 'invalid-option' }),
    )
  })

  it('takes the hub of createHub', () => {
    expect(sse({ hub: createHub() })).toBeTypeOf('function')
  })

  it('re-exports all of @sse/core, so that a server installs one package', () => {
    expect(everything).toMatchObject(core)
  })
})
