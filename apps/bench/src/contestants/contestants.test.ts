import { describe, expect, it } from 'vitest'
import { withServer } from '../figures/session.ts'
import { catalog } from './catalog.ts'

const bench = { cores: undefined }
const publishing = catalog.filter(({ kind }) => kind !== 'open')

describe.each(publishing)('$title', (contestant) => {
  it.skipIf(contestant.missing?.() !== undefined)(
    'delivers three events to each of five streams, in turns of one and in one turn, and to a sixth that comes later',
    async () => {
      await withServer(bench, contestant, async ({ open, run, server }) => {
        await open(5)
        await run({ turns: 3, events: 1, bytes: 200 })
        await run({ turns: 1, events: 3, bytes: 2_000 })
        await open(6)
        await run({ turns: 1, events: 3, bytes: 200 })
        expect(await server('streams')).toBe(6)
        expect(await server('cpu')).toBeGreaterThan(0)
        expect(await server('rss')).toBeGreaterThan(1_000_000)
      })
    },
  )
})

it.each(catalog.filter(({ kind }) => kind === 'open'))('$title is held open', async (contestant) => {
  await withServer(bench, contestant, async ({ open, server }) => {
    await open(5)
    expect(await server('streams')).toBe(5)
  })
})

it('those who never read are no part of the count, and those beside them get everything', async () => {
  await withServer(bench, catalog[0]!, async ({ open, stall, pace, delays }) => {
    await stall(2)
    await open(7)
    await pace({ turns: 3, events: 2, bytes: 200 }, 5)
    const { p50, p99, max } = await delays()
    expect(p50).toBeGreaterThan(0)
    expect(max).toBeGreaterThanOrEqual(p99)
  })
})

it('a crowd that resumes gets exactly what it missed, and no broker is asked', async () => {
  await withServer(bench, { name: 'ours-resumed', protocol: 'sse' }, async ({ open, server, depart }) => {
    await server('turn', { events: 1, bytes: 200 })
    const next = await server('flood', 20)
    await open(5)
    await depart()
    await open(5, {
      lastEventId: await server('cursor', 3),
      replayed: { first: next - 3, events: 3, bytes: 200 },
    })
    expect(await server('reads')).toBe(0)
  })
})

it('a server that answers something else than a stream is disqualified, with what it answered', async () => {
  const failing = withServer(bench, { name: 'floor', protocol: 'websocket' }, ({ open }) => open(1))
  await expect(failing).rejects.toThrow('A stream was refused: HTTP/1.1 200 OK')
})

it('a server that loses events is disqualified, with how many', async () => {
  const losing = withServer(bench, { name: 'express-response', protocol: 'sse' }, async ({ open, run }) => {
    await open(2)
    await run({ turns: 1, events: 3, bytes: 200, patience: 500 })
  })
  await expect(losing).rejects.toThrow('dropped 6 events')
})
