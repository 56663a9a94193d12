/** What stands around a fragment in every piece of documentation: the reader's own app. */
declare module '*.vue' {
  const component: import('vue').Component
  export default component
}

declare module '*/notifications' {
  export const notifications: import('vuex').Module<object, unknown>
}

declare module '*/chat' {
  export const chat: import('vuex').Module<object, unknown>
}

declare namespace Express {
  interface Request {
    user: { readonly id: string }
  }
}

declare const app: import('express').Express
declare const server: import('node:http').Server
declare const hub: import('@sse/core').Hub
declare const broker: import('@sse/core').Broker
declare const user: { readonly id: string }
declare const requireUser: import('express').RequestHandler
declare function mayRead(user: { readonly id: string } | undefined, channel: string): boolean
declare function list(): unknown[]
