import { withChromium } from '@sse/testbed'
import { type BurstServer, crowded, serveBursts, takeBurst } from '@sse/testbed/vue'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Burst, burstPage, devtools } from './burst-page.ts'

const browser = withChromium()

/** In the short form on Vue 3 only. */
const pairs = ['Vue 3', ...(process.env['SSE_FAULTS'] ? (['Vue 2.7'] as const) : [])] as const

describe.each(pairs)('10,000 events in one burst, in Chromium, on %s', { timeout: 180_000 }, (pair) => {
  let server: BurstServer
  beforeAll(async () => {
    server = await serveBursts(pair, ['client', 'vue', 'vuex'], burstPage(pair))
  })
  afterAll(() => server?.close())

  const take = (count: number, query: string) =>
    takeBurst<Burst>(browser, server, { count, query, script: devtools })

  it('make at most one commit per frame in a strict store, in order, none lost', async () => {
    const { list, commits, errors, entries } = await take(10_000, '')
    expect(list).toEqual(Array.from({ length: 10_000 }, (_, i) => i))
    expect(crowded(commits)).toEqual([])
    expect(Math.max(...commits.map(({ size }) => size))).toBeLessThanOrEqual(2000)
    expect(entries).toBeGreaterThanOrEqual(2 * commits.length)
    expect(errors).toEqual([])
  })

  it('are spread over frames when each is a commit of its own', async () => {
    const { list, commits, errors } = await take(10_000, 'single&loose')
    expect(list).toEqual(Array.from({ length: 10_000 }, (_, i) => i))
    expect(new Set(commits.map(({ frame }) => frame)).size).toBeGreaterThan(4)
    expect(errors).toEqual([])
  })
})
