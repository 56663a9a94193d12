/** READMEs show fragments: what those of the server's packages have imported above, and what the reader has. */
declare const createHub: typeof import('@sse/express').createHub
declare const sse: typeof import('@sse/express').sse
declare const channels: typeof import('@sse/express').channels
declare const createSqliteBroker: typeof import('@sse/sqlite').createSqliteBroker
declare const expect: typeof import('vitest').expect
declare const randomUUID: typeof import('node:crypto').randomUUID
declare const v: typeof import('valibot')
declare const position: string

declare function createMyBroker(options: { prefix: string; now: () => number }): import('@sse/core').Broker
declare const store: { drop(prefix: string): void; keepNewest(prefix: string, keep: number): void }
declare const pool: import('pg').Pool
