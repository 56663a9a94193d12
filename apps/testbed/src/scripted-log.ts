import type { ScriptedEventSource } from '@sse/client/testing'

/** A server's log in the hands of a model. Its entries are numbers from 1 on, and its stream is the newest of the sources. */
export interface ScriptedLog {
  /** The newest entry. */
  readonly head: number
  /** The oldest position that can be resumed. */
  readonly base: number
  /** Counts the logs: a restart begins another one. */
  readonly epoch: number
  /** How many entries are on their way on the stream. */
  readonly waiting: number
  readonly isOpen: boolean
  idOf(entry: number): string
  publish(): void
  /** Answers the newest request: resumes, begins at the head, or tells a gap. */
  open(): void
  /** Sends the next entry of the stream. */
  deliver(send: (entry: number, stream: ScriptedEventSource) => void): void
  /** The connection breaks. */
  lose(): void
  /** The page has left the stream. */
  leave(): void
  /** Forgets what was before the head. */
  trim(): void
  /** The log is gone, and so is the connection. */
  restart(): void
}

export function scriptLog(sources: readonly ScriptedEventSource[]): ScriptedLog {
  let [head, base, epoch] = [0, 0, 1]
  let queue: number[] = []
  const newest = () => sources.at(-1)
  const isOpen = () => newest()?.readyState === 1

  const log: ScriptedLog = {
    get head() {
      return head
    },
    get base() {
      return base
    },
    get epoch() {
      return epoch
    },
    get waiting() {
      return queue.length
    },
    get isOpen() {
      return isOpen()
    },
    idOf: (entry) => `e${epoch}-${entry}`,
    publish() {
      head += 1
      if (isOpen()) queue.push(head)
    },
    open() {
      const stream = newest()
      if (stream?.readyState !== 0) return
      const cursor = stream.url.searchParams.get('lastEventId')
      const [, of, at] = /^e(\d+)-(\d+)$/.exec(cursor ?? '') ?? []
      const isHeld = Number(of) === epoch && Number(at) >= base && Number(at) <= head
      const from = cursor === null ? head : isHeld ? Number(at) : base
      stream.open()
      const id = cursor === null || isHeld ? log.idOf(from) : cursor
      const resumed = cursor === null ? null : isHeld
      stream.send('sse.open', JSON.stringify({ stream: 's', heartbeat: 0, resumed }), id)
      if (resumed === false) stream.send('sse.gap', '{"reason":"trimmed"}', log.idOf(from))
      queue = []
      for (let entry = from + 1; entry <= head; entry++) queue.push(entry)
    },
    deliver(send) {
      const entry = isOpen() ? queue.shift() : undefined
      if (entry !== undefined) send(entry, newest()!)
    },
    lose() {
      if (isOpen()) newest()?.lose()
      queue = []
    },
    leave() {
      queue = []
    },
    trim() {
      base = head
    },
    restart() {
      log.lose()
      epoch += 1
      base = head
    },
  }
  return log
}
