/** READMEs show fragments: what those of the page's packages have imported above, and what the reader has. */
declare const createSse: typeof import('@sse/vuex').createSse
declare const createSseClient: typeof import('@sse/client').createSseClient
declare const createStore: typeof import('vuex').createStore
declare const sse: import('@sse/vuex').SsePlugin
declare const v: typeof import('valibot')
declare const signal: AbortSignal
declare function store(...what: unknown[]): Promise<void>

interface Notification {
  id: number
  title: string
}

interface Events {
  notification: Notification
  tick: number
  created: unknown
  deleted: unknown
}

interface PriceEvents {
  price: number
}
