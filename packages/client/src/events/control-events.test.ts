import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readChannels, readClose, readGap, readOpen } from './control-events.ts'

describe('control events', () => {
  it('are read field by field', () => {
    expect(readOpen('{"stream":"s1","heartbeat":15000,"resumed":true}')).toEqual({
      stream: 's1',
      heartbeat: 15_000,
      resumed: true,
    })
    expect(readGap('{"reason":"trimmed","requested":"7"}')).toEqual({ reason: 'trimmed', requested: '7' })
    expect(readChannels('{"channels":["a"],"refused":["b"]}')).toEqual({ channels: ['a'], refused: ['b'] })
    expect(readClose('{"reconnect":1000,"reason":"deploy"}')).toEqual({ reconnect: 1000, reason: 'deploy' })
    expect(readClose('{"reconnect":false}')).toEqual({ reconnect: false, reason: '' })
  })

  it('mean the careful thing where they cannot be read', () => {
    expect(readOpen('?')).toEqual({ stream: '', heartbeat: 0, resumed: null })
    expect(readGap('null')).toEqual({ reason: 'unknown', requested: '' })
    expect(readChannels('{"channels":"a","refused":[1]}')).toEqual({ channels: [], refused: [] })
    expect(readClose('{"reconnect":-1}')).toEqual({ reconnect: undefined, reason: '' })
  })

  it('never throw', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        for (const read of [readOpen, readGap, readChannels, readClose])
          expect(read(text)).toBeTypeOf('object')
      }),
    )
  })
})
