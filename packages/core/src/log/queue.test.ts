import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { endOfTurn } from '../end-of-turn.ts'
import { Queue } from './queue.ts'

describe('Queue', () => {
  it('returns the items in the order in which they were pushed, however long it runs', () => {
    const queue = new Queue<number>()
    let taken = 0
    for (let n = 0; n < 5_000; n++) {
      queue.push(n)
      if (n % 3 === 0) expect(queue.shift()).toBe(taken++)
    }
    expect(queue.length).toBe(5_000 - taken)
    expect([queue.at(0), queue.at(-1), queue.at(queue.length - 1), queue.at(queue.length)]).toEqual([
      taken,
      undefined,
      4_999,
      undefined,
    ])
    while (queue.length > 0) expect(queue.shift()).toBe(taken++)
    expect(queue.shift()).toBeUndefined()
  })

  it('does not keep removed items alive', async () => {
    setFlagsFromString('--expose-gc')
    const collectGarbage: () => void = runInNewContext('gc')
    const queue = new Queue<object>()
    for (let n = 0; n < 10; n++) queue.push({ n })
    const taken = takeOne(queue)
    await endOfTurn()
    collectGarbage()
    expect(taken.deref()).toBeUndefined()
    expect(queue.length).toBe(9)
  })
})

function takeOne(queue: Queue<object>): WeakRef<object> {
  return new WeakRef(queue.shift()!)
}
