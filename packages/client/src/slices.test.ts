import fc from 'fast-check'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { setUp as setUpClient, take } from '../test/client.ts'
import type { Read } from './request.ts'
import { inSlices } from './slices.ts'

/** A stream of chunks, and turns that end when the test says so. */
function setUp(...sizes: number[]) {
  const chunks = sizes.map((length) => Uint8Array.from({ length }, (_, i) => i % 251))
  const bed = { time: 0, taken: 0, noted: 0, waiting: [] as (() => void)[] }
  const source: Read = async () => {
    const value = chunks[bed.taken++]
    return value ? { done: false, value } : { done: true, value }
  }
  const read = inSlices(
    source,
    ({ length }) => {
      bed.noted += length
    },
    undefined,
    { now: () => bed.time, next: () => new Promise<void>((resolve) => bed.waiting.push(resolve)) },
  )
  return { bed, chunks, read }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('a burst', () => {
  it('is read in slices, and goes on in another turn when one has worked long enough', async () => {
    const { bed, read } = setUp(100_000)
    expect((await read()).value).toHaveLength(16_384)
    bed.time += 5
    await read()
    bed.time += 5
    const third = read()
    let isThere = false
    third.then(() => {
      isThere = true
    })
    await settled()
    expect([bed.waiting.length, isThere, bed.noted]).toEqual([1, false, 2 * 16_384])
    bed.time += 1000 // what others do between is no work of this one
    bed.waiting[0]!()
    expect((await third).value).toHaveLength(16_384)
    await read()
    expect(bed.waiting).toHaveLength(1)
  })

  it('is not read ahead of what is told', async () => {
    const { bed, read } = setUp(40_000, 40_000)
    for (const taken of [1, 1, 1, 2]) {
      await read()
      expect(bed.taken).toBe(taken)
    }
  })

  it('of many small chunks is spread over turns too', async () => {
    const { bed, read } = setUp(...Array<number>(10).fill(100))
    for (let i = 0; i < 10; i++) {
      const chunk = read()
      await settled()
      for (const end of bed.waiting.splice(0)) end()
      await chunk
      bed.time += 5
    }
    expect(bed.taken).toBe(10)
  })

  it('is the same bytes in the same order, however it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(50_000), { maxLength: 6 }), async (sizes) => {
        const { bed, chunks, read } = setUp(...sizes)
        const got: Uint8Array[] = []
        for (let slice = await read(); !slice.done; slice = await read()) got.push(slice.value)
        expect(Buffer.concat(got).equals(Buffer.concat(chunks))).toBe(true)
        expect(bed.noted).toBe(Buffer.concat(chunks).length)
      }),
    )
  })

  it('that breaks off is a rejection in its place', async () => {
    const read = inSlices(
      () => Promise.reject(new Error('broken')),
      () => {},
    )
    await expect(read()).rejects.toThrow('broken')
  })
})

it('small chunks pass as they are, and never wait for a quick reader', async () => {
  const { bed, chunks, read } = setUp(10, 16_384)
  expect((await read()).value).toEqual(chunks[0])
  bed.time += 1
  expect((await read()).value).toEqual(chunks[1])
  expect((await read()).done).toBe(true)
  expect(bed.waiting).toEqual([])
})

it('a client that is closed within a burst is told nothing more', async () => {
  const { client, server } = await setUpClient()
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

it('a burst is told in one piece where what slices it cannot be loaded, as after a deployment that took it away', async () => {
  vi.doMock('./later.ts', () => {
    throw new Error('gone')
  })
  onTestFinished(() => void vi.doUnmock('./later.ts'))
  const { client, server } = await setUpClient()
  client.connect()
  const stream = await server.next()
  stream.open()
  const told = take(client, 'tick', 1000)
  for (let number = 0; number < 1000; number++) {
    stream.send({ event: 'tick', data: number, id: String(number).padStart(60, '0') })
  }
  expect(await told).toEqual(Array.from({ length: 1000 }, (_, number) => number))
})
