import { describe, expect, it } from 'vitest'
import { setUp } from '../../test/client.ts'
import { createTimeSlices } from './time-slices.ts'

/** A clock, and turns that end when the test says so. */
function createTurns() {
  const bed = { time: 0, waiting: [] as (() => void)[] }
  const nextTurn = () => new Promise<void>((resolve) => bed.waiting.push(resolve))
  const inTimeSlices = createTimeSlices({ now: () => bed.time, nextTurn })
  const done: string[] = []
  const work = (name: string, milliseconds: number) =>
    inTimeSlices(() => {
      bed.time += milliseconds
      done.push(name)
    })
  return { bed, done, work }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('a burst', () => {
  it('goes on in another turn when one has worked long enough', async () => {
    const { bed, done, work } = createTurns()
    await work('first', 5)
    bed.time += 1000 // what others do in between is no work of this one
    await work('second', 5)
    const third = work('third', 5)
    await settled()
    expect([bed.waiting.length, done]).toEqual([1, ['first', 'second']])
    bed.waiting[0]?.()
    await third
    await work('fourth', 1)
    expect([bed.waiting.length, done]).toEqual([1, ['first', 'second', 'third', 'fourth']])
  })

  it('never waits where the work is quick', async () => {
    const { bed, done, work } = createTurns()
    for (let n = 0; n < 50; n++) await work(String(n), 0.1)
    expect([bed.waiting, done.length]).toEqual([[], 50])
  })
})

it('a client that is closed within a burst is told nothing more', async () => {
  const { client, server } = await setUp()
  client.connect()
  const stream = await server.next()
  stream.open()
  const told: unknown[] = []
  client.on('tick', (number) => {
    told.push(number)
    if (number === 300) client.close()
  })
  for (let number = 0; number < 1000; number++) {
    stream.send({ event: 'tick', data: number, id: String(number).padStart(60, '0') })
  }
  await stream.closed
  await settled()
  expect(told).toEqual(Array.from({ length: 301 }, (_, number) => number))
})
