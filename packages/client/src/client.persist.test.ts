import { afterEach, describe, expect, it, vi } from 'vitest'
import { createSseClient, type SseClientOptions, type StorageLike } from './index.ts'
import { createTestClock, scriptEventSource } from './testing/index.ts'

const URL = 'http://a.example/events'

/** A page that has just been loaded. */
function load(options: SseClientOptions, url = URL) {
  const { EventSource, sources } = scriptEventSource()
  const client = createSseClient(url, { EventSource, clock: createTestClock(), ...options })
  client.on('tick', () => {})
  client.connect()
  return { client, source: sources[0]!, cursor: sources[0]!.url.searchParams.get('lastEventId') }
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
    expect(load(mina, 'http://a.example/other').cursor).toBeNull()
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
