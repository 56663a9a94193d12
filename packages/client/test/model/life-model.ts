import fc from 'fast-check'
import { createSseClient, type SseClient } from '../../src/index.ts'
import { createTestClock, type TestClock } from '../../src/testing/index.ts'
import { type ScriptedRequest, scriptFetch } from './scripted-fetch.ts'

/*
 * A second implementation of the client, from the status policy alone, beside a real client on a scripted `fetch`. Each command does something
 * to the client and says what must be true afterwards. If a clock that has jumped allows two results, the model follows the client's choice.
 */

const MAX = 20_000
const CONNECT_TIMEOUT = 30_000
const HEARTBEAT = 15_000

type Status = 'idle' | 'connecting' | 'refreshing' | 'open' | 'waiting' | 'closed'

/** An event in the server's log. An event without an id is in no log. */
interface LogEntry {
  readonly id: string
  readonly event: 'tick' | 'unheard' | 'price' | 'sse.removed' | 'sse.end'
  /** As a stream with records gives it: with the name of its record. */
  readonly text: string
}

/** The position before the first entry. */
const origin = 'e-0'

/** What must be true. */
export interface Model {
  status: Status
  reason: string | undefined
  /** The cursor: everything up to it was received. Empty: none. */
  cursor: string
  /** The cursor in the storage. */
  kept: string
  /** A cursor that was dropped, and for which no gap was emitted yet. */
  dropped: string | undefined
  refusedAt: number
  refreshes: number
  base: number
  failures: number
  /** Milliseconds of timers since the status began, and how many it may last. */
  since: number
  limit: number
  hasJumped: boolean
  /** Times of day: when a waking page may try again, and when it last did. */
  earliest: number
  wokenAt: number
  openedAt: number
  heartbeat: number
  readonly told: string[]
}

/** The client, and everything around it that the test controls. */
export interface World {
  client: SseClient
  readonly clock: TestClock
  readonly requests: ScriptedRequest[]
  readonly log: LogEntry[]
  readonly refreshes: PromiseWithResolvers<void>[]
  readonly told: string[]
  readonly storage: Map<string, string>
  readonly page: EventTarget
  /** Milliseconds that timers have run. */
  elapsed: number
  notes: number
  /** Whether pages load what they show, and what becomes of a load. `undefined`: they have no \`resync\`. */
  load: 'good' | 'bad' | undefined
  loads: number
  /** The records of the channel `prices` in the log, and what the page shows of them. */
  readonly records: Map<string, string>
  shown: { readonly records: ReadonlyMap<string, unknown>; readonly stale: boolean }
  /** How many of the records the open stream has given. Changes that come before the rest are told after it. */
  given: 'none' | 'some' | 'all'
  readonly later: LogEntry[]
  /** The globals that the test replaces. */
  readonly globals: Readonly<Record<string, unknown>>
}

export const createModel = (): Model => ({
  status: 'idle',
  reason: undefined,
  cursor: '',
  kept: '',
  dropped: undefined,
  refusedAt: Number.NEGATIVE_INFINITY,
  refreshes: 0,
  base: 1000,
  failures: 0,
  since: 0,
  limit: Number.POSITIVE_INFINITY,
  hasJumped: false,
  earliest: 0,
  wokenAt: Number.NEGATIVE_INFINITY,
  openedAt: 0,
  heartbeat: 0,
  told: [],
})

export function createWorld(random: number, load: World['load']): World {
  const { fetch, requests } = scriptFetch()
  const page = new EventTarget()
  const world: World = {
    client: undefined as unknown as SseClient,
    clock: createTestClock(random),
    requests,
    log: [],
    refreshes: [],
    told: [],
    storage: new Map(),
    page,
    elapsed: 0,
    notes: 0,
    load,
    loads: 0,
    records: new Map(),
    shown: { records: new Map(), stale: true },
    given: 'none',
    later: [],
    globals: { fetch, addEventListener: page.addEventListener.bind(page) },
  }
  loadPage(world)
  return world
}

/** A page that was just loaded, with what the storage has. */
function loadPage(world: World): void {
  const { clock, refreshes, storage, told } = world
  world.client = createSseClient('http://a.example/events', {
    clock,
    backoff: { base: 1000, max: MAX },
    connectTimeout: CONNECT_TIMEOUT,
    polls: false,
    persist: {
      storage: {
        getItem: (key) => storage.get(key) ?? null,
        setItem: (key, value) => void storage.set(key, value),
      },
      key: 'model',
    },
    // Without a position, the listeners are told the same as without a load.
    resync:
      world.load &&
      (async () => {
        world.loads += 1
        if (world.load === 'bad') throw new Error('503')
      }),
    onError() {},
    refresh() {
      const pending = Promise.withResolvers<void>()
      refreshes.push(pending)
      return pending.promise
    },
  })
  world.client.on('tick', (data) => told.push(String(data)))
  world.client.on('note', (data) => told.push(String(data)))
  world.shown = { records: new Map(), stale: true }
  world.client.onRecords('prices', ({ records, stale }) => {
    world.shown = { records: new Map(records), stale }
  })
  world.client.on('sse.gap', ({ requested }) => told.push(`gap ${requested}`))
}

/** Promises settle, a stream's too. */
const settled = async () => {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
}

const newest = ({ requests }: World) => requests.at(-1)

function enter(model: Model, world: World, status: Status, limit: number): void {
  model.status = status
  model.since = world.elapsed
  model.limit = limit
  model.hasJumped = false
}

function attempts(model: Model, world: World): void {
  enter(model, world, 'connecting', CONNECT_TIMEOUT)
  if (!isSendable(model.cursor)) drops(model)
}

function drops(model: Model): void {
  model.dropped = model.cursor
  model.cursor = ''
  model.kept = ''
}

const isSendable = (cursor: string) => !cursor.includes('\u0001')

function ends(model: Model, world: World, reason: string): void {
  enter(model, world, 'closed', Number.POSITIVE_INFINITY)
  model.reason = reason
  Object.assign(model, { refusedAt: Number.NEGATIVE_INFINITY, base: 1000, failures: 0 })
  model.wokenAt = Number.NEGATIVE_INFINITY
}

/** After a temporary failure: the delay is taken from the client, and must be within its bounds. */
function waits(model: Model, world: World, floor?: number): void {
  const { clock, client } = world
  const held = model.heartbeat || 5000
  if (model.status === 'open' && clock.now() - model.openedAt >= held) model.failures = 0
  const state = client.state
  if (state.status !== 'waiting') throw new Error(`The client is ${state.status}, and should wait`)
  const delay = state.retryAt - clock.now()
  const most = Math.min(MAX, Math.max(1, model.base) * (floor === undefined ? 2 ** model.failures : 1))
  const [from, to] = floor === undefined ? [most / 2, most] : [floor, floor + most]
  if (delay < Math.floor(from) || delay > Math.ceil(to))
    throw new Error(`The client waits ${delay} ms, and not ${from} to ${to}`)
  model.failures += 1
  model.earliest = clock.now() + (floor ?? 0)
  enter(model, world, 'waiting', delay)
}

function beginsLife(model: Model, world: World): void {
  model.failures = 0
  attempts(model, world)
}

/** The events that the server delivers on the newest stream, and those that listeners receive. */
function receives(model: Model, entries: readonly LogEntry[]): void {
  for (const { id, event } of entries) {
    model.cursor = id
    model.kept = id
    if (event === 'tick') model.told.push(id)
  }
}

const textOf = ({ id, event }: Pick<LogEntry, 'id' | 'event'>) =>
  `event: ${event}\nid: ${id}\ndata: ${JSON.stringify(id)}\n\n`

/** Compares the client with the model. */
export async function check(model: Model, world: World): Promise<void> {
  await settled()
  const { client, clock, refreshes, requests, storage } = world
  const problems: string[] = []
  const expect = (what: string, actual: unknown, expected: unknown) => {
    if (JSON.stringify(actual) !== JSON.stringify(expected))
      problems.push(`${what}: ${JSON.stringify(actual)}, and not ${JSON.stringify(expected)}`)
  }
  const status = model.status === 'refreshing' ? 'connecting' : model.status
  expect('status', client.state.status, status)
  if (model.status === 'closed') expect('reason', (client.state as { reason?: string }).reason, model.reason)
  const under = (what: ScriptedRequest['status']) =>
    requests.filter((request) => request.status === what).length
  expect('requests', under('pending'), model.status === 'connecting' ? 1 : 0)
  expect('streams', under('streaming'), model.status === 'open' ? 1 : 0)
  // A load that has failed is tried again meanwhile.
  const own = world.load && client.stale ? [1, 2] : [1]
  if ((status === 'connecting' || status === 'waiting') && !own.includes(clock.timers.length))
    problems.push(`${clock.timers.length} timers run`)
  if (status === 'closed' || status === 'idle') expect('timers', clock.timers, [])
  expect('refreshes', refreshes.length, model.refreshes)
  expect('told', world.told, model.told)
  expect('the cursor', client.lastEventId, model.cursor)
  if (model.status === 'connecting') expect('the cursor sent', newest(world)?.cursor ?? '', model.cursor)
  expect('the cursor kept', storage.get('sse:key:model') ?? '', model.kept)
  if (model.status !== 'open') world.given = 'none'
  const { given, records, shown } = world
  if (given === 'all' || (given === 'some' && model.heartbeat))
    expect('whether records are missing', shown.stale, given === 'some')
  if (given === 'all') expect('records', [...shown.records].sort(), [...records].sort())
  if (problems.length > 0) throw new Error(problems.join('\n'))
}

type Command = fc.AsyncCommand<Model, World>

let steps = 0
/** How many commands have run. */
export const stepsSoFar = (): number => steps

function command(
  name: string,
  isPossible: (model: Model) => boolean,
  run: (model: Model, world: World) => unknown,
): Command {
  return {
    check: (model) => isPossible(model),
    async run(model, world) {
      steps += 1
      await run(model, world)
      await check(model, world)
    },
    toString: () => name,
  }
}

const isAlive = ({ status }: Model) => status !== 'idle' && status !== 'closed'
const always = () => true

const connect = (lastEventId?: string) =>
  command(`connect(${lastEventId ?? ''})`, always, (model, { client, ...world }) => {
    client.connect({ lastEventId })
    if (isAlive(model)) return
    if (lastEventId !== undefined) Object.assign(model, { cursor: lastEventId, dropped: undefined })
    beginsLife(model, { client, ...world } as World)
  })

const commands = {
  close: command('close', always, (model, world) => {
    world.client.close()
    if (model.status !== 'closed') ends(model, world, 'closed')
  }),
  reconnect: command('reconnect', always, (model, world) => {
    world.client.reconnect()
    model.failures = 0
    if (model.status !== 'refreshing') attempts(model, world)
  }),
  reload: command('reload', always, (model, world) => {
    world.client.close()
    loadPage(world)
    const kept = world.storage.get('sse:key:model') ?? ''
    Object.assign(model, createModel(), { told: model.told, refreshes: model.refreshes, cursor: kept, kept })
  }),
}

const answer = (status: number, retryAfter: number | undefined) =>
  command(
    `answer(${status}, ${retryAfter})`,
    ({ status }) => status === 'connecting',
    async (model, world) => {
      newest(world)?.answer(status, retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) })
      await settled()
      const floor = retryAfter === undefined ? undefined : retryAfter * 1000
      if (status === 204) ends(model, world, 'ended')
      else if (status === 401 || status === 403) {
        const isInARow = Math.abs(world.clock.now() - model.refusedAt) < 60_000
        if (isInARow) ends(model, world, 'unauthorized')
        else {
          model.refreshes += 1
          model.refusedAt = world.clock.now()
          enter(model, world, 'refreshing', CONNECT_TIMEOUT)
        }
      } else if ([400, 414, 431].includes(status) && model.cursor) {
        drops(model)
        attempts(model, world)
      } else if (status >= 500 || [408, 425, 429].includes(status)) waits(model, world, floor)
      else ends(model, world, 'rejected')
    },
  )

/**
 * @param some whether the stream gives a part of the records only, at first
 * @param rewind events before the newest one from which a stream without a cursor begins
 */
const open = (heartbeat: number, some = false, rewind = 0) =>
  command(
    `open(${heartbeat}, ${some}, ${rewind})`,
    ({ status }) => status === 'connecting',
    async (model, world) => {
      const request = newest(world)!
      request.open()
      await settled()
      model.openedAt = world.clock.now()
      model.refusedAt = Number.NEGATIVE_INFINITY
      model.heartbeat = heartbeat
      if (model.dropped !== undefined) model.told.push(`gap ${model.dropped}`)
      model.dropped = undefined
      const { loads } = world
      enter(model, world, 'open', heartbeat ? 2.5 * heartbeat : Number.POSITIVE_INFINITY)
      if (heartbeat) model.kept = model.cursor
      // The server uses the cursor of the request, the model its own.
      const { log } = world
      const placeOf = (cursor: string | null) => log.findIndex(({ id }) => id === cursor)
      const isKnown = (cursor: string | null) => cursor === origin || placeOf(cursor) >= 0
      const isResumed = isKnown(request.cursor)
      const named = /[?&]records=([^&]*)/.exec(request.query)?.[1]
      if (named === undefined) throw new Error('It asks for no records')
      const isGiven = !isResumed || named !== ''
      const resumed = request.cursor ? isResumed : null
      if (heartbeat) request.write(`${control('sse.open', { stream: 's', heartbeat, resumed })}\n`)
      const after = (cursor: string | null) => {
        const rewound = cursor ? [] : log.slice(Math.max(0, log.length - rewind))
        const entries = isKnown(cursor) ? log.slice(placeOf(cursor) + 1) : rewound
        return isGiven ? entries.filter(({ event }) => event !== 'price' && event !== 'sse.removed') : entries
      }
      // Without a cursor there is no id before the records are complete.
      const texts = after(request.cursor).map(({ text }) =>
        request.cursor ? text : text.replace(/^id: .*\n/m, ''),
      )
      request.write(`:\n\n${texts.join('')}`)
      if (request.cursor) receives(model, after(model.cursor))
      else for (const { id, event } of after(null)) if (event === 'tick') model.told.push(id)
      world.given = 'all'
      if (isGiven) {
        request.write(records({ channels: ['prices'] }) + [...world.records].map(recordText).join(''))
        world.given = 'some'
        world.later.length = 0
        if (!some) completes(model, world)
      }
      await settled()
      if (world.load && heartbeat && !isResumed && world.loads === loads)
        throw new Error('The opening caused no load')
    },
  )

const publish = (event: LogEntry['event']) =>
  command(`publish(${event})`, always, (model, world) => {
    const id = `e-${world.log.length + 1}`
    const entry = { id, event, text: textOf({ id, event }) }
    world.log.push(entry)
    if (model.status === 'open' && world.given === 'some') {
      world.later.push(entry)
      return
    }
    sends(model, world, textOf(entry))
    if (model.status === 'open') receives(model, [entry])
  })

/** The server sends a text on the open stream. */
function sends(model: Model, world: World, text: string): void {
  if (model.status !== 'open') return
  newest(world)?.write(text)
  model.since = world.elapsed
  if (text.startsWith('event:')) model.kept = isSendable(model.cursor) ? model.cursor : ''
}

const control = (event: string, data: object) => `event: ${event}\ndata: ${JSON.stringify(data)}\n`
const records = (data: object) => `${control('sse.records', data)}\n`
const label = (record: string, id?: string) =>
  `${control('sse.record', { id, channels: ['prices'], record })}\n`
const recordText = ([name, data]: [string, string]) =>
  `${label(name)}event: price\ndata: ${JSON.stringify(data)}\n\n`

/** The stream has given all records, and goes on with what has changed since. */
function completes(model: Model, world: World): void {
  world.given = 'all'
  const told = world.log.length - world.later.length
  const id = world.log[told - 1]?.id ?? origin
  const done = control('sse.records', { channels: ['prices'], done: true })
  sends(model, world, `${done}id: ${id}\n\n`)
  Object.assign(model, { cursor: id, kept: id })
  for (const entry of world.later.splice(0)) {
    sends(model, world, entry.text)
    receives(model, [entry])
  }
}

/** Something happens to the records. */
const changes = (
  name: string,
  event: LogEntry['event'],
  change: (world: World, id: string) => void,
  text: (id: string) => string,
) =>
  command(name, always, (model, world) => {
    const id = `e-${world.log.length + 1}`
    const entry = { id, event, text: text(id) }
    change(world, id)
    world.log.push(entry)
    if (model.status !== 'open') return
    if (world.given === 'some') world.later.push(entry)
    else {
      sends(model, world, entry.text)
      receives(model, [entry])
    }
  })

const set = (record: string) =>
  changes(
    `set(${record})`,
    'price',
    ({ records }, id) => records.set(record, id),
    (id) => label(record, id) + textOf({ id, event: 'price' }),
  )

const remove = (record: string) =>
  changes(
    `remove(${record})`,
    'sse.removed',
    ({ records }) => records.delete(record),
    (id) => `${control('sse.removed', { channel: 'prices', record })}id: ${id}\n\n`,
  )

const finishChannel = changes(
  'end of the channel',
  'sse.end',
  ({ records }) => records.clear(),
  (id) => `${control('sse.end', { channel: 'prices', reason: 'ended' })}id: ${id}\n\n`,
)

const isOpen = ({ status }: Model) => status === 'open'

const says = (name: string, text: string, then: (model: Model, world: World) => unknown) =>
  command(name, isOpen, async (model, world) => {
    sends(model, world, text)
    await settled()
    await then(model, world)
  })

const rest = command('the rest of the records', isOpen, async (model, world) => {
  if (world.given === 'some') completes(model, world)
})

const note = command('note', isOpen, (model, world) => {
  const text = `note ${++world.notes}`
  sends(model, world, `event: note\ndata: ${text}\n\n`)
  model.told.push(text)
})

const breaks = command(
  'break',
  ({ status }) => status === 'connecting' || status === 'open',
  async (model, world) => {
    newest(world)?.break()
    await settled()
    waits(model, world)
  },
)

const finish = command('end', isOpen, async (model, world) => {
  newest(world)?.end()
  await settled()
  waits(model, world)
})

const dismiss = (reconnect: number | false) =>
  says(`sse.close(${reconnect})`, `event: sse.close\ndata: {"reconnect":${reconnect}}\n\n`, (model, world) =>
    reconnect === false ? ends(model, world, 'ended') : waits(model, world, reconnect),
  )

/** Settles the oldest or the newest refresh, of whichever life. */
const settle = (which: 0 | -1, isGood: boolean) =>
  command(`refresh(${which}, ${isGood})`, always, async (model, world) => {
    const isCurrent = model.status === 'refreshing' && (which === -1 || world.refreshes.length === 1)
    const pending = world.refreshes.at(which)
    if (isGood) pending?.resolve()
    else pending?.reject(new Error('signed out'))
    await settled()
    if (!isCurrent || hasSettled.has(pending!)) return void (pending && hasSettled.add(pending))
    hasSettled.add(pending!)
    if (isGood) attempts(model, world)
    else ends(model, world, 'unauthorized')
  })

/** A promise settles once. */
const hasSettled = new WeakSet<object>()

const jump = (milliseconds: number) =>
  command(`jump(${milliseconds})`, always, (model, { clock }) => {
    clock.sleep(milliseconds)
    model.hasJumped = true
  })

/** Timers run one by one, and each may have consequences. */
const advance = (milliseconds: number) =>
  command(`advance(${milliseconds})`, always, async (model, world) => {
    const end = world.elapsed + milliseconds
    while (world.elapsed < end) {
      const step = Math.min(world.clock.timers[0] ?? Number.POSITIVE_INFINITY, end - world.elapsed)
      world.clock.advance(step)
      world.elapsed += step
      await settled()
      passes(model, world)
    }
  })

/** How much later the client may notice silence after the clock was set back: one check. */
const CHECK_INTERVAL = 10_000

function passes(model: Model, world: World, haveTimersRun = true): void {
  const passed = world.elapsed - model.since
  const { status } = world.client.state
  const isChanged = status !== (model.status === 'refreshing' ? 'connecting' : model.status)
  const slack = model.status === 'open' && model.hasJumped ? CHECK_INTERVAL : 0
  // If the clock went forward, the client checks earlier. It never waits longer.
  const mayBeOver = passed >= model.limit || model.hasJumped
  const mustBeOver = haveTimersRun && passed >= model.limit + slack
  if (!mustBeOver && !(isChanged && mayBeOver)) return
  if (model.status === 'waiting') attempts(model, world)
  else if (isAlive(model)) {
    if (model.status === 'refreshing') model.refusedAt = Number.NEGATIVE_INFINITY
    waits(model, world)
  }
}

const wake = (type: string, persisted: boolean | undefined) =>
  command(`${type}(${persisted})`, always, async (model, world) => {
    const { clock, page } = world
    const before = world.requests.length
    page.dispatchEvent(Object.assign(new Event(type), persisted === undefined ? {} : { persisted }))
    await settled()
    const now = clock.now()
    const isStuck =
      model.status === 'connecting' && persisted !== false && Math.abs(now - model.wokenAt) >= 1000
    const isDue = model.status === 'waiting' && now >= model.earliest
    if (isStuck || isDue || (model.status === 'open' && persisted)) {
      model.wokenAt = now
      attempts(model, world)
    } else if (model.hasJumped && model.status === 'open' && world.requests.length > before) {
      model.wokenAt = now
      attempts(model, world)
    } else passes(model, world, false)
  })

const statuses = [204, 400, 401, 401, 403, 404, 408, 414, 425, 429, 431, 500, 503]

export const allCommands: fc.Arbitrary<Command>[] = [
  fc.constantFrom(undefined, undefined, '', 'e-1', 'e-2').map(connect),
  fc.constantFrom(commands.close, commands.reconnect, commands.reload),
  fc.constantFrom<World['load']>('good', 'bad').map((outcome) =>
    command(`loads are ${outcome}`, always, (_, world) => {
      if (world.load) world.load = outcome
    }),
  ),
  fc.tuple(fc.constantFrom(...statuses), fc.constantFrom(undefined, 0, 5, 120)).map(([s, r]) => answer(s, r)),
  fc.constantFrom(0, HEARTBEAT).map((heartbeat) => open(heartbeat)),
  fc.tuple(fc.boolean(), fc.constantFrom(0, 0, 1, 3)).map(([some, rewind]) => open(HEARTBEAT, some, rewind)),
  fc.constantFrom('a', 'b').map(set),
  fc.constantFrom('a', 'b').map(remove),
  fc.constantFrom(finishChannel, finishChannel, rest, rest, rest),
  fc.constantFrom<LogEntry['event']>('tick', 'unheard').map(publish),
  fc.constant(note),
  fc.constantFrom('', '\u0001', 'x-1').map((id) =>
    says(`id(${JSON.stringify(id)})`, `id: ${id}\n\n`, (model) => {
      // A block that does not move the cursor is not emitted.
      if (id !== model.cursor) model.kept = isSendable(id) ? id : ''
      model.cursor = id
    }),
  ),
  fc.constantFrom(0, 200, 3_600_000, 2 ** 40).map((base) =>
    says(`retry(${base})`, `retry: ${base}\n\n`, (model) => {
      model.base = base
    }),
  ),
  fc.constantFrom(breaks, finish),
  fc.constantFrom<number | false>(false, 0, 60_000).map(dismiss),
  fc.tuple(fc.constantFrom<0 | -1>(0, -1), fc.boolean()).map(([which, isGood]) => settle(which, isGood)),
  fc.constantFrom(1, 900, 10_000, 31_000, 61_000).map(advance),
  fc.constantFrom(-3_600_000, -5000, 5000, 3_600_000).map(jump),
  fc
    .constantFrom<[string, boolean | undefined]>(
      ['online', undefined],
      ['visibilitychange', undefined],
      ['pageshow', true],
      ['pageshow', false],
    )
    .map(([type, persisted]) => wake(type, persisted)),
]
