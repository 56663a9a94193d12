import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Window } from './window.ts'

function filled(
  channelsOfEntries: readonly (readonly string[])[],
  limits = { entries: 1_000, bytes: 1_000_000 },
) {
  const window = new Window('e0', limits, () => 0)
  channelsOfEntries.forEach((channels, index) => {
    window.append({ id: `e${index + 1}`, previous: `e${index}`, channels, data: `${index + 1}` })
  })
  window.trim(window.head)
  return window
}

describe('Window', () => {
  it('reads the entries of some channels after a position, each once, in log order', () => {
    const channel = fc.constantFrom('a', 'b', 'c')
    const entries = fc.array(fc.uniqueArray(channel, { minLength: 1 }), { maxLength: 40 })
    fc.assert(
      fc.property(
        entries,
        fc.uniqueArray(channel),
        fc.nat(40),
        fc.integer({ min: 1, max: 40 }),
        (log, channels, position, held) => {
          const window = filled(log, { entries: held, bytes: 1_000_000 })
          const oldest = Math.max(0, log.length - held)
          const after = Math.min(Math.max(position, oldest), log.length)
          const { records, position: reached } = window.read(new Set(channels), after, { bytes: 1_000_000 })
          const expected = log.flatMap((own, index) =>
            index >= after && own.some((name) => channels.includes(name)) ? [index + 1] : [],
          )
          expect(records.map((record) => record.seq)).toEqual(expected)
          expect(reached).toBe(log.length)
        },
      ),
    )
  })

  it('knows exactly the positions from the one before the oldest entry to the head', () => {
    const window = filled(Array(5).fill(['a']), { entries: 2, bytes: 1_000_000 })
    expect(['e0', 'e2', 'e3', 'e4', 'e5', 'other'].map((id) => window.find(id))).toEqual([
      undefined,
      undefined,
      3,
      4,
      5,
      undefined,
    ])
    expect([3, 4, 5].map((seq) => window.idAt(seq))).toEqual(['e3', 'e4', 'e5'])
    expect(window.headId).toBe('e5')
  })

  it('keeps no more bytes than its limit', () => {
    const window = filled(Array(50).fill(['a']), { entries: 1_000, bytes: 200 })
    expect(window.bytes).toBeLessThanOrEqual(200)
    expect(window.length).toBeGreaterThan(0)
  })

  it('reads as many entries as fit into the bytes that were asked for, but at least one', () => {
    const window = filled(Array(5).fill(['a']))
    const first = window.read(new Set(['a']), 0, { bytes: 1 })
    expect(first.records.map((record) => record.id)).toEqual(['e1'])
    expect(first.position).toBe(1)
  })

  it('is empty after a reset, and its numbers continue', () => {
    const window = filled([['a'], ['a']])
    window.reset('x9')
    expect(window.find('e2')).toBeUndefined()
    expect(window.find('x9')).toBe(window.head)
    expect(window.head).toBeGreaterThan(2)
    expect(window.headId).toBe('x9')
    expect(window.length).toBe(0)
  })
})
