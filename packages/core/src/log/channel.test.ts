import { describe, expect, it } from 'vitest'
import { toChannels } from './channel.ts'

describe('channel names', () => {
  it('may be one or several, and count once', () => {
    expect(toChannels('news')).toEqual(['news'])
    expect(toChannels(['news', 'user:7', 'news'])).toEqual(['news', 'user:7'])
    expect(toChannels('채널')).toEqual(['채널'])
    expect(toChannels('x'.repeat(256))).toHaveLength(1)
  })

  it.each([
    [''],
    ['x'.repeat(257)],
    ['한'.repeat(86)],
    ['a\nb'],
    ['\u0085'],
    ['sse:control'],
    [7],
    [null],
    [[]],
    [['ok', '']],
    [{}],
  ])('refuses %j and says why', (channels) => {
    expect(() => toChannels(channels as string)).toThrow(expect.objectContaining({ code: 'invalid-channel' }))
  })
})
