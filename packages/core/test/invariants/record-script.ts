import fc from 'fast-check'
import { clientsAndMishaps, processes, upTo } from './script.ts'

export const recordChannels = ['records', 'records:2'] as const

const names = [...recordChannels, 'plain'] as const
const name = fc.constantFrom(...names)
const recordChannel = fc.constantFrom(...recordChannels)
const record = fc.constantFrom('a', 'b', 'c')
const server = fc.nat(1)

const connect = fc.record({
  do: fc.constant('connect' as const),
  server,
  channels: fc.subarray([...names], { minLength: 1 }),
  /** Events before the head, if it brings no cursor. */
  rewind: fc.constantFrom(0, 0, 1, 3),
  /** A page that is loaded anew has no records: it brings no cursor, or one that it has persisted. */
  page: fc.constantFrom('new' as const, 'new with cursor' as const, 'same' as const, 'same' as const),
})
const clientStep = fc.oneof(
  { weight: 2, arbitrary: connect },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('join' as const, 'leave' as const), channel: name }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constantFrom('fill' as const, 'drain' as const, 'beat' as const) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('go away' as const) }) },
)
/** Now and then two events are more than a reader writes at a time. */
const size = fc.oneof({ weight: 5, arbitrary: fc.constant(1) }, fc.constant(40_000))
const change = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('set' as const),
      server,
      channels: fc.subarray([...recordChannels], { minLength: 1 }),
      record,
      size,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('remove' as const), server, channel: recordChannel, record }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('end' as const), server, channel: name }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('publish' as const),
      server,
      channels: fc.subarray([...names], { minLength: 1 }),
      size,
    }),
  },
)

/** A run in which channels have records. */
export const recordScript = fc.record({
  ...processes,
  changes: upTo(24, change),
  ...clientsAndMishaps(connect, clientStep),
})

type Of<A> = A extends fc.Arbitrary<infer T> ? T : never
export type RecordScript = Of<typeof recordScript>
export type Change = Of<typeof change>
export type RecordClientStep = Of<typeof clientStep>
export type RecordConnect = Of<typeof connect>
