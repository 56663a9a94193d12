import { withChromium } from '@sse/testbed'
import { type BurstServer, crowded, serveBursts, takeBurst } from '@sse/testbed/vue'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Burst, burstPage } from './burst-page.ts'

describe('10,000 events in one burst, in Chromium', { timeout: 180_000 }, () => {
  const browser = withChromium()
  let server: BurstServer
  beforeAll(async () => {
    server = await serveBursts('Vue 3', ['client', 'vue', 'pinia'], burstPage)
  })
  afterAll(() => server?.close())

  const take = (count: number, query: string) => takeBurst<Burst>(browser, server, { count, query })
  const numbers = (count: number) => Array.from({ length: count }, (_, i) => i)

  it('make at most one action and three entries in the devtools per frame, in order, none lost', async () => {
    const { list, calls, errors, entries } = await take(10_000, '')
    expect(list).toEqual(numbers(10_000))
    expect(crowded(calls)).toEqual([])
    expect(Math.max(...calls.map(({ size }) => size))).toBeLessThanOrEqual(2000)
    // A tenth of an action for each event.
    expect(calls.length).toBeLessThanOrEqual(1000)
    expect(entries).toBe(3 * calls.length)
    expect(errors).toEqual([])
  })

  it('are spread over frames when each is an action of its own', async () => {
    const { list, calls, errors } = await take(500, 'single')
    expect(list).toEqual(numbers(500))
    expect(calls).toHaveLength(500)
    expect(new Set(calls.map(({ frame }) => frame)).size).toBeGreaterThan(1)
    expect(errors).toEqual([])
  })
})
