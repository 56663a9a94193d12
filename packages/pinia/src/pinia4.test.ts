// @vitest-environment jsdom
import { createTestingPinia } from '@pinia/testing'
import { scriptEventSource } from '@sse/client/testing'
import { acceptHMRUpdate, createPinia, defineStore, disposePinia } from 'pinia'
import { describe, expect, it, vi } from 'vitest'
import { describePinia } from '../test/suite.ts'
import { createSse } from './index.ts'

describe('Pinia 4', () => {
  describePinia({ createPinia, defineStore, acceptHMRUpdate })

  const useNotes = defineStore('notes', {
    state: () => ({ list: [] as unknown[] }),
    actions: {
      add(note: unknown) {
        this.list.push(note)
      },
      load: async () => {},
    },
    sse: { events: { note: 'add' }, resync: 'load' },
  })

  function connected() {
    const { EventSource, sources } = scriptEventSource()
    const sse = createSse({ url: 'http://events.example/', EventSource, batch: false })
    sse.connect()
    const open = async () => {
      sources[0]!.open()
      sources[0]!.send('sse.open', '{"stream":"s","heartbeat":15000,"resumed":null}', 'e-1')
      await vi.waitFor(() => expect(sse.stale).toBe(false))
    }
    return { sse, sources, open }
  }

  it('a testing Pinia gives the events to its stubs', async () => {
    const { sse, sources, open } = connected()
    const store = useNotes(createTestingPinia({ plugins: [sse], createSpy: vi.fn }))
    await open()
    expect(store.load).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ reason: 'open' }))
    sources[0]!.send('note', '1')
    expect(store.add).toHaveBeenCalledExactlyOnceWith(1)
    expect(store.list).toEqual([])
    sse.disconnect()
  })

  it('a testing Pinia that stubs nothing runs the actions', async () => {
    const { sse, sources, open } = connected()
    const store = useNotes(createTestingPinia({ plugins: [sse], createSpy: vi.fn, stubActions: false }))
    await open()
    sources[0]!.send('note', '1')
    expect(store.list).toEqual([1])
    sse.disconnect()
  })

  it('a Pinia that is disposed takes nothing any more', async () => {
    const { sse, sources, open } = connected()
    const pinia = createPinia().use(sse)
    // Outside of an app, a Pinia has no plugins yet.
    pinia.install({ provide() {}, config: { globalProperties: {} } } as never)
    const store = useNotes(pinia)
    await open()
    const add = vi.fn()
    store.$onAction(add)
    disposePinia(pinia)
    sources[0]!.send('note', '1')
    expect(add).not.toHaveBeenCalled()
    sse.disconnect()
  })
})
