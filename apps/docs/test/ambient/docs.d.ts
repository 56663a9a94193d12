/** Pages of this site say what they import; what their fragments build on is here. */
declare const store: import('vuex').Store<unknown>
declare const secret: Uint8Array
declare const minasSession: string
declare function currentToken(): Promise<string>
declare function refreshToken(): Promise<void>
declare function messagesOf(room: unknown): unknown[]
declare function save(...what: unknown[]): unknown
declare const createSse: typeof import('@sse/vuex').createSse
declare function loadAgain(): void

/** A package that is not installed here, as far as its own documentation shows it. */
declare module 'vue-sse' {
  interface Client {
    on(event: string, handler: (data: unknown, lastEventId: string) => void): Client
    connect(): Promise<Client>
    disconnect(): void
  }
  const plugin: { install(app: unknown, config?: object): void }
  export default plugin
  export type SSEClient = Client
}

declare module '@vitejs/plugin-vue2' {
  export default function vue(): import('vite').Plugin
}

declare module '#app' {
  interface NuxtPayload {
    readonly path?: string
  }
}
