/** Every code of the server's errors, with wrong calls that a test makes. The page of errors is written from these and from what they throw. */
import type { SseErrorCode, StreamEnd } from '@sse/core'

export interface ErrorCase {
  readonly code: SseErrorCode
  /** The wrong call: JavaScript that is run, in a program that has what `Given` says. */
  readonly wrong: string
  /** What to write instead, which is run too and must not fail. */
  readonly instead?: string
  /** What to do where other code would not help. */
  readonly wayOut?: string
  /** Where the code stands. Default: in the program. `route`: in the handler of `GET /events`. */
  readonly where?: 'route'
  /** The options of `sse()` beside the hub, for a route. `null`: without any, also without a hub. */
  readonly options?: string | null
  /** Whether the error is not thrown, but told to `onError`. */
  readonly told?: boolean
}

/** What the codes mean. */
export const codes: Readonly<Record<SseErrorCode, string>> = {
  'invalid-event': 'The event’s name cannot be used, or no schema knows it.',
  'invalid-id': 'Clients could not send this event id back.',
  'invalid-retry': 'The reconnection time is not a whole number of milliseconds.',
  'invalid-data': 'The data has no JSON form, would lose its content, or does not fit its schema.',
  'invalid-channel': 'The name of a channel is missing or cannot be used.',
  'invalid-cursor': 'The position to begin from does not have the form of a position.',
  'invalid-key': 'A stream’s key or an idempotency key is not a valid string.',
  'invalid-option': 'An option is misspelt or has a wrong value, or a function was not called.',
  'event-too-large': 'The data is larger than `maxEventBytes`.',
  'too-many-channels': 'The stream would be on more channels than `limits.channels` allows.',
  'invalid-record': 'The name of a record cannot be used, or the channel has no records.',
  'too-many-records': 'A channel has at most 10,000 records, and all records of a log have at most 64 MiB.',
  'id-on-subscribed-stream': 'On a stream with channels, ids are positions in the log.',
  'headers-sent': 'The response is already used for something else.',
  'no-hub': 'The middleware has no hub, so its streams have no channels.',
  'not-ready': 'The broker has not started yet.',
  busy: 'Too much waits already, or another process does not answer.',
  closed: 'The hub or the broker is closed.',
  'invalid-transaction': 'A transaction cannot work in this way.',
  'rolled-back': 'The transaction in which the event was published was rolled back.',
  'log-locked': 'Another connection or process holds the file of the log.',
  'log-busy': 'Publishes come faster than the log can store them.',
  'log-full': 'The log has no room left.',
  'log-read-only': 'The log cannot be written to.',
  'log-corrupt': 'The log is damaged, or it is not a log.',
  'log-gone': 'The file of the log was closed, deleted or replaced.',
  'log-failed': 'The log refused a read or a write for another reason.',
  'log-unreachable': 'The server of the log cannot be reached.',
}

export const cases: readonly ErrorCase[] = [
  {
    code: 'invalid-event',
    where: 'route',
    wrong: "res.sse.send('text', { event: 'error' })",
    instead: "res.sse.send('text', { event: 'failure' })",
  },
  {
    code: 'invalid-event',
    wrong: "await hub.publish('news', 'text', { event: 'a\\nb' })",
    instead: "await hub.publish('news', 'text', { event: 'a-b' })",
  },
  {
    code: 'invalid-event',
    wrong: "await createHub({ events: { note: schema } }).publish('news', 'text', { event: 'nota' })",
    instead: "await createHub({ events: { note: schema } }).publish('news', 'text', { event: 'note' })",
  },
  {
    code: 'invalid-id',
    where: 'route',
    wrong: "res.sse.send('text', { id: 'x'.repeat(65) })",
    instead: "res.sse.send('text', { id: 'x'.repeat(64) })",
  },
  {
    code: 'invalid-retry',
    where: 'route',
    wrong: "res.sse.send('text', { retry: '5s' })",
    instead: "res.sse.send('text', { retry: 5_000 })",
  },
  {
    code: 'invalid-data',
    wrong: "await hub.publish('news', load())",
    instead: "await hub.publish('news', await load())",
  },
  {
    code: 'invalid-data',
    wrong: "await hub.publish('news', { votes: new Map([['a', 1]]) })",
    instead: "await hub.publish('news', { votes: Object.fromEntries(new Map([['a', 1]])) })",
  },
  {
    code: 'invalid-data',
    wrong: "await hub.publish('news', { total: 1n })",
    instead: "await hub.publish('news', { total: String(1n) })",
  },
  {
    code: 'invalid-data',
    wrong: "await hub.publish('news', load)",
    instead: "await hub.publish('news', await load())",
  },
  {
    code: 'invalid-data',
    wrong: "await createHub({ events: { note: schema } }).publish('news', 7, { event: 'note' })",
    instead: "await createHub({ events: { note: schema } }).publish('news', '7', { event: 'note' })",
  },
  {
    code: 'invalid-data',
    where: 'route',
    wrong: "await res.sse.from('Hello')",
    instead: "await res.sse.from(['Hello'])",
  },
  {
    code: 'invalid-data',
    where: 'route',
    wrong: 'res.sse.comment(7)',
    instead: "res.sse.comment('7')",
  },
  {
    code: 'invalid-channel',
    wrong: "await hub.publish('user:' + undefined, 'text')",
    instead: "await hub.publish('user:' + 7, 'text')",
  },
  {
    code: 'invalid-channel',
    where: 'route',
    wrong: "res.sse.subscribe('news,sport')",
    instead: "res.sse.subscribe(['news', 'sport'])",
  },
  {
    code: 'invalid-channel',
    wrong: "await hub.publish([], 'text')",
    instead: "await hub.publish(['news'], 'text')",
  },
  {
    code: 'invalid-channel',
    wrong: "await hub.publish('sse:news', 'text')",
    instead: "await hub.publish('news', 'text')",
  },
  {
    code: 'invalid-cursor',
    where: 'route',
    wrong: "res.sse.subscribe('news', { since: 0 })",
    instead: "res.sse.subscribe('news', { since: hub.position })",
  },
  {
    code: 'invalid-key',
    wrong: 'await hub.disconnect(7)',
    instead: "await hub.disconnect('7')",
  },
  {
    code: 'invalid-key',
    wrong: "await hub.publish('news', 'text', { idempotencyKey: '' })",
    instead: "await hub.publish('news', 'text', { idempotencyKey: 'order-7' })",
  },
  {
    code: 'invalid-key',
    where: 'route',
    options: '{ key: () => 7 }',
    wrong: "res.sse.send('text') // with sse({ hub, key: () => 7 })",
    wayOut: 'Return a string: `key: () => String(7)`.',
  },
  {
    code: 'invalid-key',
    where: 'route',
    options: "{ key: async () => 'ada' }",
    wrong: "res.sse.send('text') // with sse({ hub, key: async (req) => (await userOf(req)).id })",
    wayOut: 'Look the user up in a middleware, and read it here: `key: (req) => req.user.id`.',
  },
  {
    code: 'invalid-option',
    wrong: 'createHub({ heartBeat: 5_000 })',
    instead: 'createHub({ heartbeat: 5_000 })',
  },
  {
    code: 'invalid-option',
    wrong: 'createHub({ broker: createMemoryBroker })',
    instead: 'createHub({ broker: createMemoryBroker() })',
  },
  {
    code: 'invalid-option',
    wrong: 'createHub(createMemoryBroker())',
    instead: 'createHub({ broker: createMemoryBroker() })',
  },
  {
    code: 'invalid-option',
    wrong: 'sse({ hub, limits: { perUser: 6 } })',
    instead: 'sse({ hub, limits: { perKey: 6 } })',
  },
  {
    code: 'invalid-option',
    wrong: "sse({ hub, origins: ['https://app.example/'] })",
    instead: "sse({ hub, origins: ['https://app.example'] })",
  },
  {
    code: 'invalid-option',
    wrong: 'sse(hub)',
    instead: 'sse({ hub })',
  },
  {
    code: 'invalid-option',
    wrong: 'sse({ hub, stall: -1 })',
    instead: 'sse({ hub, stall: 30_000 })',
  },
  {
    code: 'invalid-option',
    where: 'route',
    wrong: "res.sse.subscribe('news', { expires: 3_600 })",
    instead: "res.sse.subscribe('news', { expires: new Date(Date.now() + 3_600_000) })",
  },
  {
    code: 'invalid-option',
    where: 'route',
    wrong: 'res.sse.close({ reconnect: 30 * 86_400_000 })',
    instead: 'res.sse.close({ reconnect: 86_400_000 })',
  },
  {
    code: 'invalid-option',
    wrong: "createSqliteBroker('events.db', { keep: { days: 7 } })",
    instead: "createSqliteBroker('events.db', { keep: { age: 7 * 86_400_000 } })",
  },
  {
    code: 'event-too-large',
    wrong: "await hub.publish('news', 'x'.repeat(65_537))",
    instead: "await hub.publish('news', { url: '/articles/7' })",
  },
  {
    code: 'too-many-channels',
    where: 'route',
    options: '{ limits: { channels: 2 } }',
    wrong: "res.sse.subscribe(['a', 'b', 'c']) // with sse({ hub, limits: { channels: 2 } })",
    instead: "res.sse.subscribe(['a', 'b'])",
  },
  {
    code: 'invalid-option',
    wrong: 'createHub({ publishOnly: true })',
    wayOut: 'Give it the broker that the server processes share.',
  },
  {
    code: 'invalid-record',
    wrong: "await hub.publish('news', 1, { record: 'AAPL' })",
    instead: "await hub.publish('news', 1)",
  },
  {
    code: 'too-many-records',
    wrong:
      "const prices = createHub({ channel: () => ({ records: true }) })\nawait prices.ready\nawait Promise.all(Array.from({ length: 10_001 }, (_, n) => prices.publish('prices', n, { record: String(n) })))",
    wayOut: 'Remove records that are not needed any more, or use more channels.',
  },
  {
    code: 'too-many-records',
    wrong:
      "const broker = createMemoryBroker({ entries: 0, records: { bytes: 100 } })\nconst prices = createHub({ broker, channel: () => ({ records: true }) })\nawait prices.publish('prices', 'x'.repeat(200), { record: 'AAPL' })",
    wayOut: 'Remove records that are not needed any more, or raise `records.bytes` of the broker.',
  },
  {
    code: 'id-on-subscribed-stream',
    where: 'route',
    wrong: "res.sse.subscribe('news').send('text', { id: 7 })",
    instead: "res.sse.subscribe('news').send('text')",
  },
  {
    code: 'headers-sent',
    where: 'route',
    wrong: "res.write('Hello'); res.sse.send('text')",
    instead: "res.sse.send('text')",
  },
  {
    code: 'headers-sent',
    where: 'route',
    told: true,
    wrong: "res.sse.subscribe('news'); res.json({})",
    instead: "res.sse.subscribe('news')",
  },
  {
    code: 'no-hub',
    where: 'route',
    options: null,
    wrong: "res.sse.subscribe('news') // with sse()",
    wayOut: 'Write `sse({ hub })`.',
  },
  {
    code: 'not-ready',
    wrong: 'createHub().position',
    instead: 'const hub = createHub(); await hub.ready; hub.position',
  },
  {
    code: 'busy',
    wrong:
      "const hub = createHub(); await Promise.all(Array.from({ length: 10_001 }, () => hub.publish('news', 'text')))",
    instead:
      "const hub = createHub(); await hub.ready; await Promise.all(Array.from({ length: 10_001 }, () => hub.publish('news', 'text')))",
  },
  {
    code: 'closed',
    wrong: "await hub.close(); await hub.publish('news', 'text')",
    instead: "await hub.publish('news', 'text'); await hub.close()",
  },
  {
    code: 'invalid-option',
    wrong: "await hub.publish('orders', 'text', { transaction: {} })",
    wayOut: 'Keep the log in the database of the transaction: use `@sse/postgres`, or `@sse/sqlite`.',
  },
  {
    code: 'invalid-transaction',
    wrong: 'broker.transaction(async () => { await load() })',
    instead: 'await load(); broker.transaction(() => {})',
  },
  {
    code: 'invalid-transaction',
    wrong: 'broker.transaction(() => broker.transaction(() => {}))',
    instead: 'broker.transaction(() => {})',
  },
  {
    code: 'rolled-back',
    wrong:
      "broker.transaction((database) => { database.exec('SAVEPOINT a'); published = log.publish('news', 'text'); database.exec('ROLLBACK TO a') }); await published",
    instead: "broker.transaction(() => { published = log.publish('news', 'text') }); await published",
  },
  {
    code: 'log-locked',
    wrong: "other.exec('BEGIN IMMEDIATE'); broker.transaction(() => {})",
    instead: "other.exec('BEGIN IMMEDIATE'); other.exec('COMMIT'); broker.transaction(() => {})",
  },
  {
    code: 'log-busy',
    wrong: "await Promise.all(Array.from({ length: 100_001 }, () => log.publish('news', 'text')))",
    instead: "for (let n = 0; n < 100; n++) await log.publish('news', 'text')",
  },
  {
    code: 'log-full',
    wrong: "database.exec('PRAGMA max_page_count = 1'); await log.publish('news', 'x'.repeat(60_000))",
    wayOut: 'Make room on the disk, or keep less by the option `keep`.',
  },
  {
    code: 'log-read-only',
    wrong: "database.exec('PRAGMA query_only = 1'); await log.publish('news', 'text')",
    instead: "database.exec('PRAGMA query_only = 0'); await log.publish('news', 'text')",
  },
  {
    code: 'log-corrupt',
    wrong: "await createHub({ broker: createSqliteBroker('photo.png') }).ready",
    wayOut: 'Give the broker a file of its own, or put a backup in its place.',
  },
  {
    code: 'log-gone',
    wrong: "database.close(); await log.publish('news', 'text')",
    instead: "await log.publish('news', 'text'); await log.close(); database.close()",
  },
  {
    code: 'log-failed',
    told: true,
    wrong: "createHub({ broker: createSqliteBroker('no/such/folder/events.db') })",
    instead: "createHub({ broker: createSqliteBroker('events.db') })",
  },
  {
    code: 'log-unreachable',
    told: true,
    wrong:
      "createHub({ broker: createRedisBroker({ client: createClient({ url: 'redis://127.0.0.1:1' }), startTimeout: 50 }) })",
    wayOut: 'Start Redis, or correct its address. The hub tries again until it succeeds.',
  },
]

/** A way by which a stream ends. */
export interface EndCase {
  readonly end: StreamEnd
  /** What it means, and what the client does then. */
  readonly means: string
  /** The handler of `GET /events`. */
  readonly route: string
  /** What happens then, in a program that has `client`. Default: nothing. */
  readonly after?: string
  readonly options?: string
  /** The header `Accept` of the client. */
  readonly accept?: string
}

export const ends: readonly EndCase[] = [
  {
    end: 'client',
    means: 'The client left, or the connection broke.',
    route: "res.sse.subscribe('news')",
    after: 'await client.close()',
  },
  {
    end: 'closed',
    means: 'The app called `close`. Clients reconnect, unless `reconnect: false` says otherwise.',
    route: "res.sse.subscribe('news').close()",
  },
  {
    end: 'expired',
    means:
      'The time of `expires` has come, perhaps before the stream opened. The client reconnects within a second and is judged again.',
    route: "res.sse.subscribe('news', { expires: new Date(Date.now() + 500) })",
  },
  {
    end: 'disconnected',
    means: 'The app called `hub.disconnect` for its key.',
    route: "res.sse.subscribe('news')",
    options: "{ key: () => 'ada' }",
    after: "await hub.disconnect('ada')",
  },
  {
    end: 'shutdown',
    means: 'The app called `hub.close`. Clients reconnect at times that are spread.',
    route: "res.sse.subscribe('news')",
    after: 'await hub.close()',
  },
  {
    end: 'stalled',
    means: 'The client took nothing for as long as `stall`. It resumes from the log.',
    route: "res.sse.send('x'.repeat(20_000_000))",
    options: '{ stall: 100 }',
  },
  {
    end: 'overflow',
    means: 'Over `maxUnread` bytes that were sent over a second ago still wait: use `publish`, or send less.',
    route: "setInterval(() => res.sse.send('x'.repeat(10_000_000)), 100)",
    options: '{ maxUnread: 1_000 }',
  },
  {
    end: 'unopened',
    means: 'The response was answered with something else, or the broker did not start.',
    route: "res.write('Hello'); res.sse.subscribe('news')",
  },
  {
    end: 'refused',
    means:
      'It was not let in: a limit, an origin, or a server that shuts down. Clients are told when to retry.',
    route: "hub.close(); res.sse.subscribe('news')",
  },
  {
    end: 'answered',
    means: 'It was a poll, and the answer is complete.',
    route: "res.sse.subscribe('news')",
    accept: 'application/json',
  },
]
