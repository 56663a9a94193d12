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

/**
 * The channels, the event name and the record as one field, so that only one text is parsed per entry. An empty event name in front of a
 * record stands for none.
 */
export function encodeHeader({ channels, event, record }: Header): string {
  if (record !== undefined) return JSON.stringify([channels, event ?? '', record])
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
  const { channels, event, record } = decoded
  const entry = { id: cursor.id, previous, channels, event, data, cursor }
  return record === undefined ? entry : { ...entry, record }
}

/** Parses the newest entry of a record: its stream id, the id before it, its epoch and nonce, its header and its data, each on a line. */
export function parseRecord(text: string): ParsedEntry | undefined {
  const [, at = '', previous = '', epochAndNonce = '', header = '', data = ''] =
    /^(.*)\n(.*)\n(.*)\n(.*)\n([\s\S]*)$/.exec(text) ?? []
  return parseEntry([at, ['p', previous, 'n', epochAndNonce, 'h', header, 'd', data]])
}

/** Parses entries in their order, and leaves out those of other programs. */
export function parseEntries(page: readonly StoredEntry[]): ParsedEntry[] {
  return page.flatMap((stored) => parseEntry(stored) ?? [])
}

/** The entry without its cursor, as the hub receives it. */
export function publicEntry({ id, previous, channels, event, data, record }: ParsedEntry): Entry {
  const entry = { id, previous, channels, event, data }
  return record === undefined ? entry : { ...entry, record }
}

export type Header = Pick<Entry, 'channels' | 'event' | 'record'>

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
    const [channels, event, record]: [string[], string?, string?] = JSON.parse(text)
    if (!Array.isArray(channels)) return undefined
    return record === undefined ? { channels, event } : { channels, event: event || undefined, record }
  } catch {
    return undefined
  }
}
