/**
 * `node --conditions=@sse/source test/measure.ts`: what a burst, and a steady stream of 5,000 events a second, cost a page in Chromium with devtools listening. CPU is
 * that of the page's main thread; times are milliseconds, the least of three runs each. A burst is 10,000 events into a strict store unless it says otherwise. Compare lines of one run, not runs.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { launchChromium } from '@sse/testbed'
import { type BurstServer, serveBursts } from '@sse/testbed/vue'
import { type Burst, burstPage, devtools } from './burst-page.ts'

declare const window: {
  readonly burst: () => Burst
  readonly received: () => number
  readonly begin: () => void
}

const browser = await launchChromium()

type Figures = Record<string, number>

async function measure(server: BurstServer, query: string, send: () => Promise<number>): Promise<Figures> {
  const page = await browser.newPage()
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable', { timeDomain: 'threadTicks' })
  const cpu = async () => {
    const { metrics } = await session.send('Performance.getMetrics')
    return 1000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0)
  }
  await page.addInitScript(devtools)
  await page.goto(`${server.origin}/?${query}`)
  await page.waitForFunction(() => document.title === 'open')
  await delay(500)
  await page.evaluate(() => window.begin())
  await delay(500)
  const quiet = await page.evaluate(() => window.burst().longestFrame)
  const before = await cpu()
  const count = await send()
  await page.waitForFunction((all) => window.received() === all, count, { polling: 100, timeout: 150_000 })
  const used = (await cpu()) - before
  const { commits, longestFrame, longestCallback, entries, errors } = await page.evaluate(() =>
    window.burst(),
  )
  await page.close()
  return {
    ...{
      cpu: Math.round(used),
      longestFrame: Math.round(longestFrame),
      longestQuietFrame: Math.round(quiet),
    },
    ...{
      longestCallback: Math.round(longestCallback),
      commits: commits.length,
      entries,
      errors: errors.length,
    },
  }
}

for (const pair of ['Vue 3', 'Vue 2.7'] as const) {
  if (process.argv[2] && process.argv[2] !== pair) continue
  const server = await serveBursts(pair, ['client', 'vue', 'vuex'], burstPage(pair))
  const burst = async () => {
    server.send(10_000)
    return 10_000
  }
  const steady = async () => {
    const end = performance.now() + 3000
    let count = 0
    for (const start = performance.now(); performance.now() < end; await delay(10)) {
      const due = Math.floor((performance.now() - start) * 5) - count
      server.send(due)
      count += due
    }
    return count
  }
  /** A commit of its own for each of 10,000 would take minutes in a strict store. */
  const few = async () => {
    server.send(500)
    return 500
  }
  const one = async () => {
    server.send(1)
    return 1
  }
  const rows: [string, string, () => Promise<number>][] = [
    ['one event', '', one],
    ['burst, newest 200, batch', 'bounded', burst],
    ['burst, newest 200, batch, native EventSource', 'bounded&native', burst],
    ['500 of a burst, newest 200, one commit each, at once', 'bounded&single&unbatched', few],
    ['burst, all kept, batch, native EventSource', 'native', burst],
    ['burst, all kept and frozen, batch, native EventSource', 'frozen&native', burst],
    ['burst, not strict, newest 200, batch', 'loose&bounded', burst],
    ['burst, not strict, newest 200, one commit each, at once', 'loose&bounded&single&unbatched', burst],
    ['5,000/s, newest 200, batch', 'bounded', steady],
    ['5,000/s, not strict, newest 200, one commit each, in frames', 'loose&bounded&single', steady],
    ['5,000/s, not strict, newest 200, one commit each, at once', 'loose&bounded&single&unbatched', steady],
  ]
  for (const [name, query, send] of rows) {
    const runs: Figures[] = []
    for (let run = 0; run < 3; run++) runs.push(await measure(server, query, send))
    const least = Object.keys(runs[0]!).map((key) => [key, Math.min(...runs.map((run) => run[key]!))])
    console.log(`${pair} · ${name}: ${JSON.stringify(Object.fromEntries(least))}`)
  }
  server.close()
}
await browser.close()
