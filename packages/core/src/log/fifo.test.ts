import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { endOfTurn } from '../end-of-turn.ts'
import { Fifo } from './fifo.ts'

describe('Fifo', () => {
  it('gives back what was pushed, in order, however long it runs', () => {
    const fifo = new Fifo<number>()
    let taken = 0
    for (let n = 0; n < 5_000; n++) {
      fifo.push(n)
      if (n % 3 === 0) expect(fifo.shift()).toBe(taken++)
    }
    expect(fifo.length).toBe(5_000 - taken)
    expect([fifo.at(0), fifo.at(-1), fifo.at(fifo.length - 1), fifo.at(fifo.length)]).toEqual([
      taken,
      undefined,
      4_999,
      undefined,
    ])
    while (fifo.length > 0) expect(fifo.shift()).toBe(taken++)
    expect(fifo.shift()).toBeUndefined()
  })

  it('keeps nothing alive that was taken', async () => {
    setFlagsFromString('--expose-gc')
    const collectGarbage: () => void = runInNewContext('gc')
    const fifo = new Fifo<object>()
    for (let n = 0; n < 10; n++) fifo.push({ n })
    const taken = takeOne(fifo)
    await endOfTurn()
    collectGarbage()
    expect(taken.deref()).toBeUndefined()
    expect(fifo.length).toBe(9)
  })
})

function takeOne(fifo: Fifo<object>): WeakRef<object> {
  return new WeakRef(fifo.shift()!)
}
