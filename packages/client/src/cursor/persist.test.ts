import { afterEach, describe, expect, it, vi } from 'vitest'
import { createSseClient, type SseClient, type SseClientOptions, type StorageLike } from '../index.ts'
import { createTestClock, type ScriptedEventSource, scriptEventSource } from '../testing/index.ts'

const URL = 'http://a.example/events'

/** A page that has just been loaded. */
function load(options: SseClientOptions, url = URL) {
  const { EventSource, sources } = scriptEventSource()
  const client = createSseClient(url, { EventSource, clock: createTestClock(), ...options })
  client.on('tick', () => {})
  client.connect()
  return { client, sources, source: sources[0]!, cursor: sources[0]!.url.searchParams.get('lastEventId') }
}

function createStorage(): StorageLike & { readonly kept: Map<string, string> } {
  const kept = new Map<string, string>()
  return { kept, getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) }
}

afterEach(() => vi.unstubAllGlobals())

describe('the cursor over a reload', () => {
  it('is kept in the storage given, control events included', () => {
    const storage = createStorage()
    const first = load({ persist: storage })
    expect(first.cursor).toBeNull()
    first.source.open()
    first.source.send('tick', '1', '5')
    first.source.send('sse.ping', '', '6')
    expect(load({ persist: storage }).cursor).toBe('6')
  })

  it.each(['session', 'local'] as const)("is kept in the page's %sStorage", (name) => {
    vi.stubGlobal(`${name}Storage`, createStorage())
    const { source } = load({ persist: name })
    source.open()
    source.send('tick', '1', '5')
    expect(load({ persist: name }).cursor).toBe('5')
  })

  it('is another one for another URL, and for another user', () => {
    const storage = createStorage()
    const mina = { persist: { storage, key: 'mina' } }
    const { source } = load(mina)
    source.open()
    source.send('tick', '1', '5')
    expect(load(mina).cursor).toBe('5')
    expect(load({ persist: { storage, key: 'jon' } }).cursor).toBeNull()
    expect(load({ persist: storage }).cursor).toBeNull()
  })

  it('is named by the key alone where there is one: a URL with a new token has the same', () => {
    const storage = createStorage()
    const mina = { persist: { storage, key: 'mina' } }
    const { source } = load(mina, `${URL}?token=1`)
    source.open()
    source.send('tick', '1', '5')
    expect(load(mina, `${URL}?token=2`).cursor).toBe('5')
    const other = load({ persist: storage }, URL)
    other.source.open()
    other.source.send('tick', '1', '6')
    expect(load({ persist: storage }, `${URL}/other`).cursor).toBeNull()
  })

  it.each(['1\n2', '\u0001', 'x'.repeat(20_000), ' 5', '\uD800'])(
    'that no header can carry is neither sent nor kept, and a gap is told: %j',
    (bad) => {
      const storage = createStorage()
      storage.setItem(`sse:url:${URL}`, bad)
      const { client, source, cursor } = load({ persist: storage })
      const gaps: unknown[] = []
      client.on('sse.gap', (gap) => gaps.push(gap))
      expect([cursor, client.lastEventId]).toEqual([null, ''])
      source.open()
      expect(gaps).toEqual([{ reason: 'unknown', requested: bad }])
      source.send('tick', '1', bad)
      expect([client.lastEventId, storage.kept.get(`sse:url:${URL}`)]).toEqual([bad, ''])
    },
  )

  it('says where it came from, because one from a storage proves nothing about an empty page', () => {
    const storage = createStorage()
    const open = (client: SseClient, source: ScriptedEventSource) => {
      source.open()
      source.send('sse.open', '{"resumed":true}', '5')
      return client.resumedFrom
    }
    const first = load({ persist: storage })
    expect(open(first.client, first.source)).toBe('none')
    const second = load({ persist: storage })
    expect(open(second.client, second.source)).toBe('stored')
    second.client.reconnect()
    expect(open(second.client, second.sources[1]!)).toBe('told')
    second.client.close()
    second.client.connect({ lastEventId: '7' })
    expect(open(second.client, second.sources[2]!)).toBe('app')
    const third = load({ persist: storage, lastEventId: '9' })
    expect(open(third.client, third.source)).toBe('app')
  })

  it('gives way to one that the app knows better', () => {
    const storage = createStorage()
    const { source } = load({ persist: storage })
    source.open()
    source.send('tick', '1', '5')
    expect(load({ persist: storage, lastEventId: '9' }).cursor).toBe('9')
  })

  it('is cleared by an empty id', () => {
    const storage = createStorage()
    const { source } = load({ persist: storage })
    source.open()
    source.send('tick', '1', '5')
    source.send('tick', '1', '')
    expect(load({ persist: storage }).cursor).toBeNull()
  })

  it('is not kept without being asked for', () => {
    const storage = createStorage()
    vi.stubGlobal('sessionStorage', storage)
    const { source } = load({})
    source.open()
    source.send('tick', '1', '5')
    expect(storage.kept.size).toBe(0)
  })
})

describe('a storage', () => {
  const broken = () => {
    throw new DOMException('full', 'QuotaExceededError')
  }

  it.each([
    ['that throws when it is read', { getItem: broken, setItem: () => {} }],
    ['that is full', { getItem: () => null, setItem: broken }],
  ])('%s breaks nothing', (_, storage) => {
    const onError = vi.fn()
    const { client, source } = load({ persist: storage, onError })
    const heard = vi.fn()
    client.on('tick', heard)
    source.open()
    source.send('tick', '1', '5')
    expect(heard).toHaveBeenCalledOnce()
    expect([client.lastEventId, client.state.status]).toEqual(['5', 'open'])
    expect(onError).not.toHaveBeenCalled()
  })

  it('that may not even be looked at breaks nothing', () => {
    vi.stubGlobal('sessionStorage', undefined)
    Object.defineProperty(globalThis, 'sessionStorage', { configurable: true, get: broken })
    const { client, source } = load({ persist: 'session' })
    source.open()
    source.send('tick', '1', '5')
    expect(client.lastEventId).toBe('5')
  })
})
