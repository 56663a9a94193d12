import type { Entry } from '@sse/core'

/** The texts of an entry as the tables store them. */
export interface StoredTexts {
  /** JSON of the channels, the event name, and whether the data is JSON of a string. */
  readonly header: string
  /** JSON of the name of the record; an empty text for an entry that ends all records of its channels. */
  readonly record: string | null
  readonly data: string
}

/** The type `text` of PostgreSQL refuses U+0000. JSON escapes it. */
const nul = '\0'

export function encodeEntry({
  channels,
  event,
  data,
  record,
}: Pick<Entry, 'channels' | 'event' | 'data'> & { readonly record?: string | undefined }): StoredTexts {
  const escaped = data.includes(nul)
  const header = [channels, event ?? null, ...(escaped ? [1] : [])]
  return {
    header: JSON.stringify(header),
    record: event === 'sse.end' ? '' : record === undefined ? null : encodeName(record),
    data: escaped ? JSON.stringify(data) : data,
  }
}

/** A key or the name of a record, with U+0000 escaped. */
export function encodeName(name: string): string {
  return JSON.stringify(name)
}

interface Header {
  readonly channels: readonly string[]
  readonly event: string | undefined
  readonly escaped: boolean
}

/** A log has few different headers: each is parsed once, and its entries share the result. */
const headers = new Map<string, Header>()
/** How many headers are remembered, and how long they may be. */
const remembered = { headers: 1_000, length: 256 }

/** @throws for a text that `encodeEntry` did not make */
export function decodeEntry({ header: text, record, data }: StoredTexts): Omit<Entry, 'id' | 'previous'> {
  const { channels, event, escaped } = headerOf(text)
  const entry = { channels, event, data: escaped ? (JSON.parse(data) as string) : data }
  return record ? { ...entry, record: JSON.parse(record) as string } : entry
}

function headerOf(text: string): Header {
  const known = headers.get(text)
  if (known) return known
  const [channels, event, escaped] = JSON.parse(text) as [string[], string | null, 1?]
  const header = { channels, event: event ?? undefined, escaped: escaped === 1 }
  if (text.length > remembered.length) return header
  if (headers.size >= remembered.headers) headers.clear()
  headers.set(text, header)
  return header
}

/** An array as a literal of PostgreSQL: every driver can send it, because it is a text. */
export function arrayOf(texts: readonly (string | null)[]): string {
  const elements = texts.map((text) => (text === null ? 'NULL' : `"${text.replace(/["\\]/g, '\\$&')}"`))
  return `{${elements.join(',')}}`
}
