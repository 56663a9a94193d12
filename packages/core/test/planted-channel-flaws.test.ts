import { setImmediate as nextTurn } from 'node:timers/promises'
import { playChannels, type WireFlaw } from '@sse/testbed/channels'
import { expect, it } from 'vitest'
import type { Broker } from '../src/log/broker.ts'
import { createMemoryLog } from '../src/log/memory-broker.ts'
import { wrapped } from '../src/log/wrapped-broker.test-kit.ts'

/** `test:faults` plants all of them. Most are found when nothing changes any more, which takes 20 seconds. */
const isLong = process.env['SSE_FAULTS'] === 'long'
const steps = 5_000

interface Flaw {
  readonly flaw: string
  /** What the model must say. */
  readonly found: RegExp
  readonly wire?: () => WireFlaw
  readonly broker?: (broker: Broker) => Broker
}

const flaws: readonly Flaw[] = [
  {
    flaw: 'the removal of a record is lost',
    found: /^step .* records.* shows/,
    wire: () => (event) => (event.event === 'sse.removed' ? [] : [event]),
  },
  {
    flaw: 'a member with two streams leaves with the first of them, and then again',
    found: /shows the members/,
    wire: () => {
      const streams = new Map<string, number>()
      return (event) => {
        if (event.event !== 'sse.presence') return [event]
        const change = JSON.parse(event.data)
        const members: { readonly id: string; readonly streams: number }[] =
          change.members ?? change.joined ?? []
        const left = members.filter((member) => member.streams < (streams.get(member.id) ?? 0))
        for (const member of members) streams.set(member.id, member.streams)
        if (left.length === 0 || change.members) return [event]
        const joined = members.filter((member) => !left.includes(member))
        const all = [...change.left, ...left.map(({ id }) => id)]
        return [{ ...event, data: JSON.stringify({ ...change, joined, left: all }) }]
      }
    },
  },
  {
    flaw: 'the records are older than their position',
    found: /^step .* records.* shows/,
    broker: (broker) =>
      wrapped(broker, {
        async records(channels) {
          const { entries } = await broker.records!(channels)
          for (let turn = 0; turn < 100; turn++) await nextTurn()
          return { ...(await broker.records!(channels)), entries }
        },
      }),
  },
  {
    flaw: 'a snapshot is broken off in the middle, and told as complete',
    found: /^step .* records.* shows/,
    wire: () => {
      let left = Number.POSITIVE_INFINITY
      return (event) => {
        if (event.event === 'sse.records') left = event.data.includes('"done"') ? Number.POSITIVE_INFINITY : 2
        return event.event === 'sse.records' || left-- > 0 ? [event] : []
      }
    },
  },
  {
    flaw: 'an event that is no record is skipped',
    found: /is no record and was not delivered/,
    wire: () => {
      let isRecord = false
      let events = 0
      return (event) => {
        const isPlain = event.event === 'message' && event.id !== '' && !isRecord
        isRecord = event.event === 'sse.record'
        return isPlain && ++events % 5 === 0 ? [] : [event]
      }
    },
  },
]

const planted = isLong ? flaws : flaws.slice(-1)

it.each(planted)(
  'the model of channels finds that $flaw',
  async ({ found, wire, broker }) => {
    const log = createMemoryLog({ entries: 60 })
    const connect = () => (broker ? broker(log.connect()) : log.connect())
    const seed = Number(process.env['SSE_SEED'] ?? Math.floor(Math.random() * 2 ** 32))
    await expect(playChannels({ connect, processes: 2, steps, seed, flaw: wire })).rejects.toThrow(found)
  },
  600_000,
)
