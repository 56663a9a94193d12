import type { RecordPage } from '@sse/testbed/channels'

/** The channels that have records, and the one that has members. */
export const recordChannels = ['records', 'records:2']
export const room = 'room'

/** What a client asks for, and how the app serves it. */
export interface Asks {
  readonly kind: 'stream' | 'poll'
  readonly key: string | undefined
  /** The channels on which the app puts it. */
  readonly channels: readonly string[]
  /** The channels that it names itself: `x` is not granted, `boom` makes the app throw. */
  readonly named: readonly string[]
  readonly cursor: string | undefined
  /** Whether verdicts wait for a command. */
  readonly verdicts: 'now' | 'held'
  /** Whether the app looks something up before it uses `res.sse`. */
  readonly looksUp: boolean
  /** Whether something is sent before the first channel: then the stream is open when it is subscribed. */
  readonly greets: boolean
  /** Milliseconds after which its credentials run out. */
  readonly expires: number | undefined
  /** Whether it reads problem documents. */
  readonly problems: boolean
  /** Seconds that a poll waits. */
  readonly wait: number
  /** How many events of its channels it goes back if it has no cursor. */
  readonly rewind: number
  /** The page that shows records and members. `undefined`: it shows events only. */
  readonly page: RecordPage | undefined
}

/** The lines of its request. @param number which of all requests it is */
export function requestOf(asks: Asks, number: number): string[] {
  const { kind, key, named, cursor, problems, wait, page } = asks
  // The app may put it on any of them.
  const lacked = recordChannels.filter((channel) => !page?.has(channel))
  const query = [
    ...(named.length > 0 ? [`channels=${named.join(',')}`] : []),
    ...(page ? [`records=${cursor === undefined ? '*' : lacked.join(',')}`] : []),
  ].join('&')
  const accept = kind === 'poll' ? 'application/json' : 'text/event-stream'
  return [
    `GET /events${query && `?${query}`} HTTP/1.1`,
    'Host: localhost',
    `x-number: ${number}`,
    `Accept: ${accept}${problems ? ', application/problem+json' : ''}`,
    ...(wait > 0 ? [`Prefer: wait=${wait}`] : []),
    ...(key === undefined ? [] : [`x-key: ${key}`]),
    ...(cursor === undefined ? [] : [`Last-Event-ID: ${cursor}`]),
  ]
}
