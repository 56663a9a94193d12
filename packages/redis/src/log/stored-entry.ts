import type { Entry } from '@sse/core'
import { type Cursor, cursorOf } from './cursor.ts'

/** An entry as the stream gives it: its stream id, then names and values in turns. */
export type StoredEntry = readonly [at: string, fields: readonly string[]]

/** Of an epoch and a nonce, joined by `-`. */
const markLength = 21

/** An entry, and its id taken apart. */
export interface LogEntry extends Entry {
  readonly cursor: Cursor
}

/** The channels and the name as one field: one text to read per entry. */
export function encodeHead(channels: readonly string[], event: string | undefined): string {
  return JSON.stringify(event === undefined ? [channels] : [channels, event])
}

/** `undefined` for what somebody else has written into the stream. */
export function toEntry([at, fields]: StoredEntry): LogEntry | undefined {
  const [p, previous, n, mark, h, head, d, data] = fields
  if (p !== 'p' || n !== 'n' || h !== 'h' || d !== 'd') return undefined
  if (previous === undefined || data === undefined || head === undefined) return undefined
  const decoded = decodeHead(head)
  if (!decoded || mark?.length !== markLength) return undefined
  const cursor = cursorOf(at, mark.slice(0, 8), mark.slice(9))
  return { id: cursor.id, previous, channels: decoded.channels, event: decoded.event, data, cursor }
}

/** The entries of a page, oldest first; those of somebody else are left out. */
export function toEntries(page: readonly StoredEntry[]): LogEntry[] {
  return page.flatMap((stored) => toEntry(stored) ?? [])
}

/** What others are handed: without our own parts. */
export function publicEntry({ id, previous, channels, event, data }: LogEntry): Entry {
  return { id, previous, channels, event, data }
}

interface Head {
  readonly channels: readonly string[]
  readonly event: string | undefined
}

/** Logs have few different ones: each is read once, and what it says is shared. */
const heads = new Map<string, Head>()
/** Longer ones, and more of them, are not worth the memory. */
const remembered = { heads: 1_000, length: 256 }

function decodeHead(text: string): Head | undefined {
  const known = heads.get(text)
  if (known) return known
  const head = parseHead(text)
  if (!head || text.length > remembered.length) return head
  if (heads.size >= remembered.heads) heads.clear()
  heads.set(text, head)
  return head
}

function parseHead(text: string): Head | undefined {
  try {
    const [channels, event]: [string[], string?] = JSON.parse(text)
    return Array.isArray(channels) ? { channels, event } : undefined
  } catch {
    return undefined
  }
}
