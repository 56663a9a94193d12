import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { createSseClient, type SseClient, type SseClientOptions } from '../index.ts'
import { type ScriptedEventSource, scriptEventSource } from '../testing/index.ts'

/*
 * Node has Web Locks and BroadcastChannel too, so clients of one process meet as tabs do. What it lacks is a location: that is how a
 * client knows that it is in a page.
 */

const URL_OF_STREAM = 'http://a.test/events'

let scripted = scriptEventSource()
/** The connections that are up, in the order they were made. */
const up = () => scripted.sources.filter(({ readyState }) => readyState !== 2)
const source = (): Promise<ScriptedEventSource> => vi.waitUntil(() => up()[0])

interface Tab extends SseClient {
  readonly told: unknown[]
}

/** Every test is an origin of its own, by its user. */
let user = 0
function openTab(options: SseClientOptions & { names?: string[]; cursor?: string } = {}): Tab {
  const { names = ['tick'], cursor: lastEventId, ...rest } = options
  const { EventSource } = scripted
  const client = createSseClient(URL_OF_STREAM, { EventSource, share: { key: user }, lastEventId, ...rest })
  const told: unknown[] = []
  for (const name of [...names, 'sse.open', 'sse.gap', 'sse.channels']) {
    client.on(name, (data) => told.push(name === 'tick' ? data : { [name]: data }))
  }
  onTestFinished(() => client.close())
  client.connect()
  return Object.assign(client, { told })
}

/** A tab with the connection, and its connection, open. */
async function openLeader(options?: Parameters<typeof openTab>[0]): Promise<[Tab, ScriptedEventSource]> {
  const tab = openTab(options)
  const connection = await source()
  connection.open()
  connection.send('sse.open', '{"stream":"s1","heartbeat":0,"resumed":null}', 'i0')
  return [tab, connection]
}

const isOpen = (tab: SseClient) => vi.waitUntil(() => tab.state.status === 'open')

async function openFollower(options?: Parameters<typeof openTab>[0]): Promise<Tab> {
  const tab = openTab(options)
  await isOpen(tab)
  return tab
}

/** Two tabs whose server has ended the stream for good. */
async function openEnded() {
  page()
  const [leader, connection] = await openLeader()
  const follower = await openFollower()
  connection.send('sse.close', '{"reconnect":false,"reason":"bye"}')
  await vi.waitUntil(() => follower.state.status === 'closed')
  return { leader, follower }
}

const page = () => {
  user += 1
  scripted = scriptEventSource()
  vi.stubGlobal('location', new URL('http://a.test/'))
}
afterEach(() => vi.unstubAllGlobals())

describe('tabs that share', () => {
  test('have one connection, and are told the same', async () => {
    page()
    const [leader, connection] = await openLeader()
    const follower = await openFollower()
    connection.send('tick', '1', 'i1')
    connection.send('tick', '2', 'i1') // an event without an id has the last one
    await vi.waitUntil(() => follower.told.length === 3)
    expect(follower.told).toEqual([{ 'sse.open': { stream: 's1', heartbeat: 0, resumed: null } }, 1, 2])
    expect(leader.told).toEqual(follower.told)
    expect(follower.lastEventId).toBe('i1')
    expect(follower.state).toEqual(leader.state)
    expect(scripted.sources).toHaveLength(1)
  })

  test('each read the data for themselves', async () => {
    page()
    const [, connection] = await openLeader()
    const follower = await openFollower({ parse: 'text' })
    connection.send('tick', '1', 'i1')
    await vi.waitUntil(() => follower.told.length === 2)
    expect(follower.told[1]).toBe('1')
  })

  test('learn from a ping of the one connection that they have everything up to a position', async () => {
    page()
    const posted: unknown[] = []
    vi.stubGlobal('fetch', async (_: URL, { body }: RequestInit) => {
      posted.push(JSON.parse(String(body)))
      return new Response('{}')
    })
    const [leader, connection] = await openLeader()
    connection.send('tick', '1', 'e-1')
    const follower = await openFollower()
    const both = [leader.reached('e-2'), follower.reached('e-2')]
    await vi.waitUntil(() => posted.length === 2)
    expect(posted[1]).toEqual({ stream: 's1', reached: 'e-2' })
    connection.send('sse.ping', '', 'e-2')
    await Promise.all(both)
  })

  test('see every state of the connection', async () => {
    page()
    const [leader, connection] = await openLeader({ backoff: { base: 60_000 } })
    const follower = await openFollower()
    connection.lose()
    await vi.waitUntil(() => follower.state.status === 'waiting')
    expect(follower.state).toEqual(leader.state)
  })

  test('go on from the same event in another tab when the one with the connection closes', async () => {
    page()
    const [leader, connection] = await openLeader()
    const follower = await openFollower()
    connection.send('tick', '1', 'i1')
    await vi.waitUntil(() => follower.told.length === 2)
    leader.close()
    const next = await vi.waitUntil(() => up().find((one) => one !== connection))
    expect(next.url.searchParams.get('lastEventId')).toBe('i1')
    expect(leader.state).toEqual({ status: 'closed', reason: 'closed' })
    next.open()
    next.send('tick', '2', 'i2')
    await vi.waitUntil(() => follower.told.length === 3)
    expect(leader.told).toHaveLength(2)
  })

  test('keep the connection when another tab closes', async () => {
    page()
    const [leader, connection] = await openLeader()
    const follower = await openFollower()
    follower.close()
    expect(follower.state).toEqual({ status: 'closed', reason: 'closed' })
    connection.send('tick', '1', 'i1')
    expect(leader.told.at(-1)).toBe(1)
    expect(follower.told).toHaveLength(1)
    expect(up()).toEqual([connection])
  })

  test('have it replaced at the interest of any', async () => {
    page()
    const [, connection] = await openLeader()
    const follower = await openFollower()
    follower.reconnect()
    await vi.waitUntil(() => up()[0] !== connection)
    expect(up()).toHaveLength(1)
  })

  test('try again when somebody looks at one of them, unless the server asked for a time', async () => {
    page()
    const [leader, connection] = await openLeader({ backoff: { base: 60_000 } })
    const window = new EventTarget()
    vi.stubGlobal('addEventListener', window.addEventListener.bind(window))
    const follower = await openFollower()
    const look = () => window.dispatchEvent(new Event('visibilitychange'))
    connection.lose()
    await vi.waitUntil(() => follower.state.status === 'waiting')
    look()
    const next = await vi.waitUntil(() => up()[0])
    next.open()
    await isOpen(leader)
    next.send('sse.close', '{"reconnect":60000}')
    await vi.waitUntil(() => follower.state.status === 'waiting')
    look()
    await delivered()
    expect(up()).toHaveLength(0)
  })

  test('are all closed when the server ends it for good; any may connect again', async () => {
    const { leader, follower } = await openEnded()
    expect(follower.state).toEqual(leader.state)
    follower.connect()
    const next = await source()
    next.open()
    await Promise.all([isOpen(leader), isOpen(follower)])
  })

  test('do not connect a closed connection again just because a tab is closed', async () => {
    const { leader } = await openEnded()
    leader.close()
    await delivered()
    expect(up()).toHaveLength(0)
  })
})

describe('what tabs want', () => {
  test('is listened for, whoever listens', async () => {
    page()
    const [, connection] = await openLeader()
    const follower = await openFollower({ names: ['other'] })
    follower.on('later', (data) => follower.told.push(data))
    await vi.waitUntil(() => {
      connection.send('later', '"l"')
      return follower.told.includes('l')
    })
    connection.send('other', '1', 'i1')
    await vi.waitUntil(() => follower.told.length > 2)
    expect(follower.told).toContainEqual({ other: 1 })
  })

  test('is subscribed to once, and no longer than a tab wants it', async () => {
    page()
    await openLeader({ channels: ['topic:a'] })
    const follower = openTab({ channels: ['topic:b'] })
    const both = await vi.waitUntil(() => up().find(({ url }) => url.search.includes('b')))
    expect(both.url.searchParams.get('channels')).toBe('topic:a,topic:b')
    both.open()
    both.send('sse.open', '{"stream":"s2"}')
    await isOpen(follower)
    follower.close()
    const one = await vi.waitUntil(() => up().find(({ url }) => !url.search.includes('b')))
    expect(one.url.searchParams.get('channels')).toBe('topic:a')
  })

  test('is told to every tab as it was settled', async () => {
    page()
    const [, connection] = await openLeader({ channels: ['topic:a'] })
    connection.send('sse.channels', '{"channels":["topic:a"],"refused":[]}', 'i1')
    const follower = await openFollower({ channels: ['topic:a'] })
    await vi.waitUntil(() => follower.told.length === 2)
    expect(follower.told[1]).toEqual({ 'sse.channels': { channels: ['topic:a'], refused: [] } })
  })
})

describe('a tab that comes with a cursor', () => {
  test('is told what it has missed', async () => {
    page()
    const [, connection] = await openLeader()
    for (const tick of [1, 2, 3]) connection.send('tick', String(tick), `i${tick}`)
    const late = await openFollower({ cursor: 'i1' })
    await vi.waitUntil(() => late.told.length === 3)
    expect(late.told).toEqual([{ 'sse.open': { stream: 's1', heartbeat: 0, resumed: true } }, 2, 3])
  })

  describe.each([
    ['is not known here', { cursor: 'elsewhere' }],
    ['is of a time when nobody listened for its events', { cursor: 'i1', names: ['tick', 'other'] }],
    ['is of a time when nobody was on its channel', { cursor: 'i1', channels: ['topic:b'] }],
  ])('that %s', (_, options) => {
    /** The connection of all tabs, and that of the one that comes late, which the server has yet to answer. */
    async function comeLate() {
      page()
      const [leader, connection] = await openLeader()
      for (const tick of [1, 2]) connection.send('tick', String(tick), `i${tick}`)
      const late = openTab(options)
      const others = new Set(up())
      // Where a channel is new, a server that does not change open streams has the leader connect again.
      const own = await vi.waitUntil(() =>
        up().find(({ url }) => url.searchParams.get('lastEventId') === options.cursor),
      )
      if (!others.has(own)) expect(up().length).toBeLessThanOrEqual(2)
      own.open()
      return { leader, late, own, main: () => up().find((one) => one !== own) }
    }

    test('is told by the server what lies after it, and then shares', async () => {
      const { leader, late, own, main } = await comeLate()
      own.send('sse.open', '{"stream":"s2","heartbeat":0,"resumed":true}', options.cursor)
      own.send('tick', '2', 'i2')
      own.send('sse.ping', '', 'i2')
      await vi.waitUntil(() => up().length === 1)
      const main2 = main()!
      if (main2.readyState === 0) main2.open()
      if ('channels' in options) {
        main2.send('sse.open', '{"stream":"s3","heartbeat":0,"resumed":true}', 'i2')
        main2.send('sse.channels', '{"channels":["topic:b"],"refused":[]}', 'i2')
      }
      main2.send('tick', '3', 'i3')
      await vi.waitUntil(() => late.told.includes(3))
      expect(
        late.told.filter((it) => typeof it === 'number' || JSON.stringify(it).includes('sse.gap')),
      ).toEqual(leader.told.filter((it) => typeof it === 'number' && it > 1))
      expect(late.told[0]).toEqual({ 'sse.open': { stream: 's2', heartbeat: 0, resumed: true } })
    })

    test('is told of a gap if that is what the server says', async () => {
      const { late, own } = await comeLate()
      own.send('sse.open', '{"stream":"s2","heartbeat":0,"resumed":false}')
      own.send('sse.gap', `{"reason":"trimmed","requested":"${options.cursor}"}`, 'i2')
      await vi.waitUntil(() => late.told.length === 2)
      expect(late.told[1]).toEqual({ 'sse.gap': { reason: 'trimmed', requested: options.cursor } })
      expect(late.lastEventId).toBe('i2')
    })
  })

  test('goes on from where the others are, after a gap, when the server gives it no stream', async () => {
    page()
    const [, connection] = await openLeader()
    connection.send('tick', '1', 'i1')
    const late = openTab({ cursor: 'elsewhere' })
    const own = await vi.waitUntil(() => up().find((one) => one !== connection))
    own.open()
    own.send('sse.close', '{"reconnect":false}')
    await vi.waitUntil(() => late.told.length === 2)
    expect(late.told).toEqual([
      { 'sse.open': { stream: 's1', heartbeat: 0, resumed: false } },
      { 'sse.gap': { reason: 'unknown', requested: 'elsewhere' } },
    ])
    connection.send('tick', '2', 'i2')
    await vi.waitUntil(() => late.told.length === 3)
    expect(late.told[2]).toBe(2)
  })
})

describe('a connection is not shared', () => {
  test.each([
    ['another key', { key: 'somebody else' }],
    ['another version', { key: 'x', version: 2 }],
  ])('with %s', async (_, share) => {
    page()
    openTab({ share: { key: 'x' } })
    openTab({ share })
    await vi.waitUntil(() => up().length === 2)
  })

  test('where tabs cannot meet: each has its own', async () => {
    user += 1
    scripted = scriptEventSource()
    openTab()
    openTab()
    await vi.waitUntil(() => up().length === 2)
  })

  test.each([
    [
      'locks',
      () => vi.spyOn(navigator.locks, 'request').mockRejectedValue(new DOMException('', 'SecurityError')),
    ],
    [
      'channels',
      () =>
        vi.stubGlobal('BroadcastChannel', function forbidden() {
          throw new DOMException('', 'SecurityError')
        }),
    ],
  ])('where %s are forbidden', async (_, forbid) => {
    page()
    forbid()
    const tabs = [openTab(), openTab()]
    await vi.waitUntil(() => up().length === 2)
    for (const connection of up()) connection.open()
    for (const tab of tabs) expect(tab.state.status).toBe('open')
    for (const connection of up()) connection.send('tick', '1', 'i1')
    for (const tab of tabs) expect(tab.told).toEqual([1])
    vi.restoreAllMocks()
  })
})

test('where the part that shares cannot be loaded, each tab has its own connection', async () => {
  page()
  vi.doMock('./shared-connection.ts', () => {
    throw new Error('404')
  })
  onTestFinished(() => {
    vi.doUnmock('./shared-connection.ts')
  })
  const tab = openTab({ channels: ['topic:a'], onError() {} })
  const connection = await source()
  expect(connection.url.searchParams.get('channels')).toBe('topic:a')
  connection.open()
  connection.send('tick', '1', 'i1')
  expect(tab.state.status).toBe('open')
  expect(tab.told).toEqual([1])
})

test('headers are shared by one person only, who has to be named', () => {
  const headers = { Authorization: 'Bearer x' }
  for (const share of [true, {}]) {
    expect(() => createSseClient(URL_OF_STREAM, { headers, share })).toThrow(/`share: \{ key: user.id \}`/)
  }
  expect(() => createSseClient(URL_OF_STREAM, { headers, share: { key: 'ada' } })).not.toThrow()
})

test('a client that was closed before it came to connect stays closed', async () => {
  page()
  const tab = openTab()
  tab.close()
  await delivered()
  expect(scripted.sources.every(({ readyState }) => readyState === 2)).toBe(true)
  expect(tab.state).toEqual({ status: 'closed', reason: 'closed' })
})

/** Resolves when what was on its way by locks and channels has arrived, and what that has caused, several times over. */
async function delivered(): Promise<void> {
  for (let trip = 0; trip < 10; trip++) {
    await navigator.locks.request('delivered', () => {})
    const [here, there] = [new BroadcastChannel('delivered'), new BroadcastChannel('delivered')]
    const arrived = new Promise((resolve) => there.addEventListener('message', resolve, { once: true }))
    here.postMessage(trip)
    await arrived
    here.close()
    there.close()
  }
}
