import { readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import type { Protocol } from '../load/protocol.ts'
import { nchanMissing, nchanVersion } from './nginx.ts'

/** A way of pushing events, as it is measured and shown. */
export interface Contestant {
  /** The file of this folder that serves it; what `--only` takes. */
  readonly name: string
  readonly title: string
  readonly protocol: Protocol
  /** The package, or another text, that it is a version of. */
  readonly version?: () => string
  /** `floor`: what the others are measured by. `open`: holds streams open and publishes nothing. */
  readonly kind: 'ours' | 'floor' | 'peer' | 'open'
  /** Whether it is in the quick run. */
  readonly quick?: boolean
  /** Why it cannot be measured here. */
  readonly missing?: () => string | undefined
}

export const catalog: readonly Contestant[] = [
  {
    name: 'ours',
    title: '@sse/express',
    protocol: 'sse',
    kind: 'ours',
    version: packed('@sse/express'),
    quick: true,
  },
  { name: 'floor', title: 'bare net', protocol: 'sse', kind: 'floor', quick: true },
  { name: 'floor-by-event', title: 'bare net, by event', protocol: 'sse', kind: 'floor', quick: true },
  {
    name: 'res-write-buffer',
    title: 'res.write(buffer)',
    protocol: 'sse',
    kind: 'peer',
    version: packed('express'),
  },
  {
    name: 'res-write-loop',
    title: 'res.write loop',
    protocol: 'sse',
    kind: 'peer',
    version: packed('express'),
    quick: true,
  },
  {
    name: 'better-sse',
    title: 'better-sse',
    protocol: 'sse',
    kind: 'peer',
    version: packed('better-sse'),
    quick: true,
  },
  {
    name: 'fetch-hono',
    title: '@sse/fetch on Hono',
    protocol: 'sse',
    kind: 'peer',
    version: packed('@sse/fetch'),
  },
  {
    name: 'fetch-h3',
    title: '@sse/fetch on h3',
    protocol: 'sse',
    kind: 'peer',
    version: packed('@sse/fetch'),
  },
  {
    name: 'better-sse-hono',
    title: 'better-sse on Hono',
    protocol: 'sse',
    kind: 'peer',
    version: packed('better-sse'),
  },
  {
    name: 'express-sse',
    title: 'express-sse',
    protocol: 'sse',
    kind: 'peer',
    version: packed('express-sse'),
  },
  {
    name: 'sse-channel',
    title: 'sse-channel',
    protocol: 'sse',
    kind: 'peer',
    version: packed('sse-channel'),
  },
  {
    name: 'fastify-sse',
    title: '@fastify/sse',
    protocol: 'sse',
    kind: 'peer',
    version: packed('@fastify/sse'),
  },
  { name: 'ws', title: 'ws', protocol: 'websocket', kind: 'peer', version: packed('ws'), quick: true },
  {
    name: 'socket-io',
    title: 'socket.io',
    protocol: 'socket.io',
    kind: 'peer',
    version: packed('socket.io'),
  },
  {
    name: 'nchan',
    title: 'nchan',
    protocol: 'sse',
    kind: 'peer',
    version: nchanVersion,
    quick: true,
    missing: nchanMissing,
  },
  {
    name: 'express-response',
    title: 'bare Express response',
    protocol: 'sse',
    kind: 'open',
    version: packed('express'),
    quick: true,
  },
  { name: 'http-response', title: 'bare http response', protocol: 'sse', kind: 'open' },
]

/** The one the others are compared with. */
export const reference = 'floor'

/** The titles of all, by name. */
export const titles: ReadonlyMap<string, string> = new Map(catalog.map(({ name, title }) => [name, title]))

function packed(name: string): () => string {
  return () => {
    const path = findPackageJSON(name, import.meta.url)
    if (!path) return '?'
    const { version }: { version: string } = JSON.parse(readFileSync(path, 'utf8'))
    return version
  }
}
