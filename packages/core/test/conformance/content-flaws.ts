import { appending, type Flaw } from './flaw.ts'

/** What a log can make of what it is given. */
export const contentFlaws: readonly Flaw[] = [
  altering('trims data', 'white space', { data: (text) => text.trim() }),
  altering('has one kind of line end', 'lines of every kind', {
    data: (text) => text.replaceAll(/\r\n?/g, '\n'),
  }),
  altering('stops at U+0000', 'U+0000', { data: (text) => text.split('\0')[0]! }),
  altering('drops a byte order mark', 'a byte order mark', { data: (text) => text.replace(/^\ufeff/, '') }),
  altering('knows three bytes of UTF-8', 'text of all planes', {
    data: (text) => text.replaceAll(/[\u{10000}-\u{10ffff}]/gu, '?'),
  }),
  altering('normalises', 'text of all planes', { data: (text) => text.normalize('NFC') }),
  altering('takes digits for a number', 'what looks like a number or nothing', {
    data: (text) => (/^\d+$/.test(text) ? `${Number(text)}` : text),
  }),
  altering('keeps 65,535 bytes', '64 KiB of ASCII', { data: (text) => text.slice(0, 65_535) }),
  altering('gives an event without a name one', 'no event name', { event: (name) => name ?? 'message' }),
  altering('takes away the name message', 'the event name message', {
    event: (name) => (name === 'message' ? undefined : name),
  }),
  altering('keeps 255 bytes of a channel', 'a channel of 256 bytes', {
    channels: (names) => names.map((name) => name.slice(0, 255)),
  }),
  altering('joins channels by commas', 'channels with signs in their names', {
    channels: (names) => names.join(',').split(','),
  }),
  altering('sorts channels', '64 channels, in their order', { channels: (names) => [...names].sort() }),
  altering('keeps channels in an object', 'channels that objects know', {
    channels: (names) =>
      Object.keys(Object.assign({}, ...names.map((name) => Object.fromEntries([[name, 1]])))),
  }),
  altering('keeps the reserved channel for itself', 'the reserved channel of the hubs', {
    channels: (names) => names.filter((name) => !name.startsWith('sse:')),
  }),
  altering('takes an empty text for none', 'an empty text', { data: (text) => text || 'undefined' }),
  altering('writes JSON anew', 'JSON, as it was written', { data: rewritten }),
  altering('drops lone surrogates', 'lone surrogates, at the least as U+FFFD', {
    data: (text) => text.replaceAll(/\p{Surrogate}/gu, ''),
  }),
  altering('quotes quotation marks', 'what could end a quotation', {
    data: (text) => text.replaceAll("'", "''"),
  }),
  altering('takes null for nothing', 'the word null', { data: (text) => (text === 'null' ? '' : text) }),
  altering('keeps 65,534 bytes', '64 KiB of Hangul', {
    data: (text) => Buffer.from(text).subarray(0, 65_534).toString(),
  }),
  altering('trims event names', 'an event name with spaces and signs', { event: (name) => name?.trim() }),
  altering('keeps 255 characters of an event name', 'an event name that is long', {
    event: (name) => name?.slice(0, 255),
  }),
  altering('keeps event names in an object', 'an event name that objects know', {
    event: (name) => (name !== undefined && name in {} ? undefined : name),
  }),
  altering('keeps 70 characters of a channel', 'a channel of 256 bytes in Unicode', {
    channels: (names) => names.map((name) => name.slice(0, 70)),
  }),
  altering('normalises channels', 'channels that differ in case or form only', {
    channels: (names) => [...new Set(names.map((name) => name.normalize('NFC')))],
  }),
]

/** A log that alters what is published. */
function altering(
  flaw: string,
  sample: string,
  change: {
    data?: (data: string) => string
    event?: (event: string | undefined) => string | undefined
    channels?: (channels: readonly string[]) => readonly string[]
  },
): Flaw {
  return appending(
    flaw,
    `an entry comes back as it was published: ${sample}`,
    (append) =>
      (channels, { event, data }, key) =>
        append(
          change.channels?.(channels) ?? channels,
          { event: change.event ? change.event(event) : event, data: change.data?.(data) ?? data },
          key,
        ),
  )
}

function rewritten(text: string): string {
  try {
    return JSON.stringify({ ...JSON.parse(text) })
  } catch {
    return text
  }
}
