import { describe, expect, it, vi } from 'vitest'
import { createEmitter } from './emitter.ts'

const meta = { event: 'tick', id: '' }

describe('listeners', () => {
  it('are called in order, with the data and what comes with it', () => {
    const { on, emit } = createEmitter(vi.fn())
    const calls: unknown[] = []
    on('tick', (data: unknown, { event }) => calls.push(['first', data, event]))
    on('tick', (data: unknown) => calls.push(['second', data]))
    emit(1, meta)
    expect(calls).toEqual([
      ['first', 1, 'tick'],
      ['second', 1],
    ])
  })

  it('are called once for each time they were put on, and taken off one by one', () => {
    const { on, emit, names } = createEmitter(vi.fn())
    const listener = vi.fn()
    const off = on('tick', listener)
    on('tick', listener)
    off()
    off()
    emit(1, meta)
    expect(listener).toHaveBeenCalledOnce()
    expect([...names()]).toEqual(['tick'])
  })

  it('of 200,000 names that come and go leave nothing behind', () => {
    const { on, names } = createEmitter(vi.fn())
    const off = on('tick', vi.fn())
    for (let n = 0; n < 200_000; n++) on(`name ${n}`, () => {})()
    expect([...names()]).toEqual(['tick'])
    off()
    on('tick', vi.fn())
    off() // does nothing to a later one
    expect([...names()]).toEqual(['tick'])
  })

  it('that throw or reject are reported, and stop nothing', async () => {
    const report = vi.fn()
    const { on, emit } = createEmitter(report)
    const last = vi.fn()
    on('tick', () => {
      throw new Error('thrown')
    })
    on('tick', () => Promise.reject(new Error('rejected')))
    on('tick', last)
    emit(1, meta)
    expect(last).toHaveBeenCalledOnce()
    await vi.waitFor(() => expect(report).toHaveBeenCalledTimes(2))
    expect(report.mock.calls).toEqual([
      [new Error('thrown'), { event: 'tick' }],
      [new Error('rejected'), { event: 'tick' }],
    ])
  })

  it('outlive a report that throws', () => {
    const complain = vi.spyOn(console, 'error').mockReturnValue()
    const { on, emit } = createEmitter(() => {
      throw new Error('reported badly')
    })
    const last = vi.fn()
    on('tick', () => {
      throw new Error('thrown')
    })
    on('tick', last)
    emit(1, meta)
    expect(last).toHaveBeenCalledOnce()
    expect(complain).toHaveBeenCalledWith(new Error('reported badly'))
    complain.mockRestore()
  })

  it('all see one order, whatever one of them emits', () => {
    const { on, emit } = createEmitter(vi.fn())
    const seen: unknown[] = []
    on('tick', (data: unknown) => {
      if (data === 1) emit(2, meta)
    })
    on('tick', (data: unknown) => seen.push(data))
    emit(1, meta)
    expect(seen).toEqual([1, 2])
  })

  it('taken off by one before them are not called', () => {
    const { on, emit } = createEmitter(vi.fn())
    const late = vi.fn()
    on('tick', () => off())
    const off = on('tick', late)
    emit(1, meta)
    expect(late).not.toHaveBeenCalled()
  })
})
