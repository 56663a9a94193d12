import type { Entry, Page } from '@sse/core'
import { expect, it } from 'vitest'
import { turns } from '../log-file.test-kit.ts'
import { ReadQueue } from './read-queue.ts'

const { signal } = new AbortController()
const entry: Entry = { id: 'b', previous: 'a', channels: ['news'], event: undefined, data: 'x' }
const page: Page = { entries: Array.from({ length: 256 }, () => entry), done: true }

it('reads a few pages in a turn, in the order in which they were asked for', async () => {
  const asked = Array.from({ length: 50 }, (_, n) => `${n}`)
  const read: string[] = []
  const queue = new ReadQueue((after) => {
    read.push(after)
    return page
  })
  const pages = Promise.all(asked.map((after) => queue.add(after, 256, signal)))
  const counts: number[] = []
  while (read.length < asked.length) {
    const before = read.length
    await turns(1)
    counts.push(read.length - before)
  }
  expect(Math.max(...counts)).toBe(4)
  expect(await pages).toHaveLength(50)
  expect(read).toEqual(asked)
})

it('does not read for whom has left meanwhile', async () => {
  let count = 0
  const queue = new ReadQueue(() => {
    count++
    return page
  })
  const left = new AbortController()
  const reading = queue.add('a', 256, left.signal)
  const reason = new Error('left')
  left.abort(reason)
  await expect(reading).rejects.toBe(reason)
  expect(count).toBe(0)
})

it('reads a page once for all reads that wait for it', async () => {
  const read: string[] = []
  const queue = new ReadQueue((after, limit) => {
    read.push(`${after} ${limit}`)
    if (after === 'bad') throw new Error('bad')
    return page
  })
  const left = new AbortController()
  const pages = Promise.all(
    Array.from({ length: 1_000 }, (_, n) => queue.add(n % 2 ? 'a' : 'b', 256, signal)),
  )
  const others = [queue.add('a', 10, signal), queue.add('a', 256, left.signal), queue.add('bad', 1, signal)]
  left.abort(new Error('left'))
  const outcomes = await Promise.allSettled(others)
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected'])
  expect(new Set(await pages)).toEqual(new Set([page]))
  expect(read).toEqual(['b 256', 'a 256', 'a 10', 'bad 1'])
})

it('hands on what a read throws, and goes on', async () => {
  const queue = new ReadQueue((after) => {
    if (after === 'bad') throw new Error('bad')
    return page
  })
  const [bad, good] = [queue.add('bad', 1, signal), queue.add('good', 1, signal)]
  await expect(bad).rejects.toThrow('bad')
  expect(await good).toBe(page)
})

it('rejects waiting reads when it is closed', async () => {
  const queue = new ReadQueue(() => page)
  const reading = queue.add('a', 256, signal)
  queue.close()
  await expect(reading).rejects.toMatchObject({ code: 'closed' })
})
