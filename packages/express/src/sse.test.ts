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

  it.each([
    [{ origin: '*' }, 'origin is not an option. Did you mean origins?'],
    [{ heartBeat: 1 }, /^heartBeat is not an option\. /],
    [{ Hub: undefined, authorise: () => true }, 'authorise is not an option. Did you mean authorize?'],
    [{ limits: { perUser: 1 } }, 'limits.perUser is not an option. Did you mean limits.perKey?'],
    [{ limits: { stream: 1 } }, 'limits.stream is not an option. Did you mean limits.streams?'],
  ])('refuses names that are not options: %j', (options, message) => {
    expect(() => sse(options as never)).toThrow(message)
  })

  it.each([
    { streams: 0 },
    { perKey: -1 },
    { rate: Number.NaN },
    { perKeyRate: 0 },
    { channels: '7' as never },
  ])('refuses limits that are not numbers above 0: %j', (limits) => {
    expect(() => sse({ limits })).toThrow(/^limits\.\w+ must be a number above 0, not/)
  })

  it('takes undefined for every option, and names without a value', () => {
    const limits = {
      streams: undefined,
      perKey: undefined,
      channels: undefined,
      rate: undefined,
      perKeyRate: undefined,
    }
    const nothing = {
      hub: undefined,
      key: undefined,
      authorize: undefined,
      origins: undefined,
      retry: undefined,
    }
    expect(sse({ ...nothing, stall: undefined, maxUnread: undefined, limits })).toBeTypeOf('function')
    expect(sse({ limits: undefined })).toBeTypeOf('function')
    expect(sse({ other: undefined } as never)).toBeTypeOf('function')
  })

  it('says so when it is given the hub itself', () => {
    expect(() => sse(createHub() as never)).toThrow('sse({ hub })')
  })

  it('takes the hub of createHub', () => {
    expect(sse({ hub: createHub() })).toBeTypeOf('function')
  })

  it('re-exports all of @sse/core, so that a server installs one package', () => {
    expect(everything).toMatchObject(core)
  })
})
