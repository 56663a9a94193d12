import type { Entry } from '@sse/core'
import { type Cursor, cursorOf } from './cursor.ts'

/** An entry as Redis replies it: its stream id, then names and values of its fields in turn. */
export type StoredEntry = readonly [at: string, fields: readonly string[]]

/** The length of an epoch and a nonce, joined by `-`. */
const epochAndNonceLength = 21

/** An entry with the parts of its id. */
export interface ParsedEntry extends Entry {
  readonly cursor: Cursor
}

/** The channels and the event name as one field, so that only one text is parsed per entry. */
export function encodeHeader(channels: readonly string[], event: string | undefined): string {
  return JSON.stringify(event === undefined ? [channels] : [channels, event])
}

/** @returns `undefined` for an entry that another program has written into the stream */
export function parseEntry([at, fields]: StoredEntry): ParsedEntry | undefined {
  const [p, previous, n, epochAndNonce, h, header, d, data] = fields
  if (p !== 'p' || n !== 'n' || h !== 'h' || d !== 'd') return undefined
  if (previous === undefined || data === undefined || header === undefined) return undefined
  const decoded = decodeHeader(header)
  if (!decoded || epochAndNonce?.length !== epochAndNonceLength) return undefined
  const cursor = cursorOf(at, epochAndNonce.slice(0, 8), epochAndNonce.slice(9))
  return { id: cursor.id, previous, channels: decoded.channels, event: decoded.event, data, cursor }
}

/** Parses entries in their order, and leaves out those of other programs. */
export function parseEntries(page: readonly StoredEntry[]): ParsedEntry[] {
  return page.flatMap((stored) => parseEntry(stored) ?? [])
}

/** The entry without its cursor, as the hub receives it. */
export function publicEntry({ id, previous, channels, event, data }: ParsedEntry): Entry {
  return { id, previous, channels, event, data }
}

interface Header {
  readonly channels: readonly string[]
  readonly event: string | undefined
}

/** A log has few different headers: each is parsed once, and its entries share the result. */
const headers = new Map<string, Header>()
/** How many headers are remembered, and how long they may be. */
const remembered = { headers: 1_000, length: 256 }

function decodeHeader(text: string): Header | undefined {
  const known = headers.get(text)
  if (known) return known
  const header = parseHeader(text)
  if (!header || text.length > remembered.length) return header
  if (headers.size >= remembered.headers) headers.clear()
  headers.set(text, header)
  return header
}

function parseHeader(text: string): Header | undefined {
  try {
    const [channels, event]: [string[], string?] = JSON.parse(text)
    return Array.isArray(channels) ? { channels, event } : undefined
  } catch {
    return undefined
  }
}
