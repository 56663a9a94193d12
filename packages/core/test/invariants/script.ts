import fc from 'fast-check'

/**
 * Where a client begins: nowhere, with the id it saw last, so many entries before the head (held, trimmed or on other channels), with
 * an id that the log lost or does not have yet, or with what is no id of this log's at all.
 */
export type Cursor = 'none' | 'last seen' | number | 'lost' | 'ahead' | { readonly text: string }

const names = ['a', 'b', 'c'] as const
const name = fc.constantFrom(...names)
const cursor: fc.Arbitrary<Cursor> = fc.oneof(
  { weight: 2, arbitrary: fc.constant('none' as const) },
  { weight: 3, arbitrary: fc.constant('last seen' as const) },
  { weight: 4, arbitrary: fc.nat(20) },
  { weight: 1, arbitrary: fc.constantFrom('lost' as const, 'ahead' as const) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('abc', ' ', 'é', '1\n2', '0', 'x'.repeat(65)).map((text) => ({ text })),
  },
)
const connect = fc.record({
  do: fc.constant('connect' as const),
  server: fc.nat(1),
  channels: fc.subarray([...names]),
  cursor,
  by: fc.constantFrom('header' as const, 'header' as const, 'since' as const),
  key: fc.constantFrom(undefined, 'k'),
  /** Whether the client asks for channels of its own, which the application has to judge. */
  asks: fc.boolean(),
  /** Whether something is sent before the first channel: then the stream is open when it is subscribed. */
  greets: fc.constantFrom(false, false, true),
})
const of = <const D extends string>(...does: D[]) => fc.record({ do: fc.constantFrom(...does) })
const clientStep = fc.oneof(
  { weight: 2, arbitrary: connect },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('subscribe' as const, 'unsubscribe' as const),
      channel: name,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('change' as const), channel: name, instead: name }) },
  { weight: 4, arbitrary: of('fill', 'drain') },
  { weight: 3, arbitrary: of('beat') },
  { weight: 1, arbitrary: of('send') },
  { weight: 1, arbitrary: of('leave') },
)
const publish = fc.record({
  server: fc.nat(1),
  channels: fc.subarray([...names, 'asked', 'refused'], { minLength: 1 }),
  /** Now and then two events are more than a reader writes at a time. */
  size: fc.oneof({ weight: 40, arbitrary: fc.constant(1) }, fc.constant(40_000)),
})
export const mishap = fc.oneof(
  fc.record({
    do: fc.constantFrom('down' as const, 'up' as const, 'failNextRead' as const),
    server: fc.nat(1),
  }),
  fc.record({ do: fc.constant('loseTail' as const), count: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ do: fc.constant('disconnect' as const), server: fc.nat(1) }),
)
export const upTo = <T>(maxLength: number, step: fc.Arbitrary<T>) =>
  fc.array(step, { maxLength, size: 'max' })

/** The processes and their log. */
export const processes = {
  servers: fc.integer({ min: 1, max: 2 }),
  window: fc.constantFrom(1, 2, 4, 100),
  log: fc.record({
    held: fc.constantFrom(2, 4, 8, 100),
    readable: fc.constantFrom(0, 3, 100),
    leaps: fc.boolean(),
  }),
  broker: fc.record({
    tail: fc.constantFrom(0, 3, 100),
    batch: fc.constantFrom(1, 2, 5),
    lag: fc.constantFrom(1, 1, 6),
    page: fc.constantFrom(1, 2, 5),
  }),
  /** Entries that are there before the processes start. */
  before: fc.nat(6),
}

/** Clients that connect and go on, and what goes wrong meanwhile. */
export function clientsAndMishaps<C, S>(connect: fc.Arbitrary<C>, clientStep: fc.Arbitrary<S>) {
  return {
    clients: fc.array(
      fc.tuple(connect, upTo(8, clientStep)).map(([first, rest]): [C, ...S[]] => [first, ...rest]),
      { minLength: 1, maxLength: 3, size: 'max' },
    ),
    mishaps: upTo(5, mishap),
    /** How often a turn of the event loop ends while all this goes on. */
    turns: fc.nat(20),
  }
}

/** A run: the processes and their log, and what the publishers, the clients and bad luck do, each in this order. */
export const script = fc.record({
  ...processes,
  publishes: upTo(16, publish),
  ...clientsAndMishaps(connect, clientStep),
})

type Of<A> = A extends fc.Arbitrary<infer T> ? T : never
export type Script = Of<typeof script>
export type Processes = Pick<Script, keyof typeof processes>
export type ClientStep = Of<typeof clientStep>
export type Connect = Of<typeof connect>
export type Publish = Of<typeof publish>
export type Mishap = Of<typeof mishap>
