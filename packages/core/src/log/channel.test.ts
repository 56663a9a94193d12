import { describe, expect, it } from 'vitest'
import { toChannels } from './channel.ts'

describe('channel names', () => {
  it('may be one or several, and duplicates are removed', () => {
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
    ['a,b'],
    ['half a \ud83d'],
    [7],
    [null],
    [[]],
    [['ok', '']],
    [{}],
  ])('refuses %j and says why', (channels) => {
    expect(() => toChannels(channels as string)).toThrow(expect.objectContaining({ code: 'invalid-channel' }))
  })

  it.each(['user:undefined', 'undefined', 'room/NaN/7', '[object Object]', 'a.undefined.b'])(
    'refuses %s from the app, because all users without the value would share the channel',
    (channel) => {
      expect(() => toChannels(channel, { byApp: true })).toThrow(
        /its part ".*" shows that a value was missing/,
      )
      expect(toChannels(channel)).toEqual([channel])
    },
  )

  it.each(['user:undefined7', 'not-undefined', 'Infinity', 'null'])('accepts %s from the app', (channel) => {
    expect(toChannels(channel, { byApp: true })).toEqual([channel])
  })
})
