import { createEmitter } from '../../src/events/emitter.ts'
import type { SseClient, SseState } from '../../src/index.ts'
import type { BrowserModel, ModelTab } from './browser-model.ts'

/** A server with one log, whose events have the ids 1, 2, 3 …; and connections to it, as clients that never lose them. */
export interface SharedLog {
  readonly head: number
  /** Connections that are up. */
  readonly connections: number
  publish(): void
  /** An event without an id: to whoever is there. */
  note(text: string): void
  connection(tab: ModelTab): (cursor: string) => SseClient
}

interface Connection {
  readonly tab: ModelTab
  send(event: string, data: string, id: string | undefined): void
}

export function createSharedLog(browser: BrowserModel): SharedLog {
  const open = new Set<Connection>()
  let head = 0
  let opened = 0
  return {
    get head() {
      return head
    },
    get connections() {
      return [...open].filter(({ tab }) => !tab.dead).length
    },
    publish() {
      head += 1
      for (const connection of open) connection.send('tick', String(head), String(head))
    },
    note(text) {
      for (const connection of open) connection.send('note', text, undefined)
    },
    connection: (tab) => (cursor) => {
      const listeners = createEmitter()
      const queue = `net ${++opened}`
      let state: SseState = { status: 'idle' }
      let closed = false
      let last = cursor
      function become(next: SseState): void {
        state = next
        listeners.emit(next, { event: 'sse.state', id: '' })
      }
      const own: Connection = {
        tab,
        send(event, data, id) {
          browser.later(tab, queue, () => {
            if (closed) return
            last = id ?? last
            listeners.emit(event === 'sse.open' ? JSON.parse(data) : data, { event, id: last })
          })
        },
      }
      const client: Partial<SseClient> = {
        get state() {
          return state
        },
        on: listeners.on,
        subscribe() {},
        unsubscribe() {},
        reconnect() {},
        connect() {
          if (state.status !== 'idle') return
          become({ status: 'connecting', attempt: 0 })
          browser.later(tab, queue, () => {
            if (closed) return
            become({ status: 'open', openedAt: 0 })
            const from = cursor === '' ? head : Number(cursor)
            own.send('sse.open', JSON.stringify({ resumed: cursor === '' ? null : true }), String(from))
            for (let id = from + 1; id <= head; id += 1) own.send('tick', String(id), String(id))
            open.add(own)
          })
        },
        close() {
          closed = true
          open.delete(own)
          become({ status: 'closed', reason: 'closed' })
        },
      }
      return client as SseClient
    },
  }
}
