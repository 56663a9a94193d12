import type { ScriptedEventSource } from '@sse/client/testing'

/** `readyState` of an EventSource. */
const [CONNECTING, OPEN] = [0, 1]

/** A server's log in the hands of a model. Its entries are numbers from 1 on, and its streams are sources. Most pages have one at a time. */
export interface ScriptedLog {
  /** The newest entry. */
  readonly head: number
  /** The oldest position that can be resumed. */
  readonly base: number
  /** Counts the logs: a restart begins another one. */
  readonly epoch: number
  /** How many entries and pings are on their way on the streams. */
  readonly waiting: number
  /** Whether a stream is open. */
  readonly isOpen: boolean
  /** The position up to which the stream that was opened last has sent everything. */
  readonly sent: number
  idOf(entry: number): string
  /** Whether it has, or had, this position. A log from after a restart does not. */
  has(id: string): boolean
  /** The id of the entry before this one, when it was published. */
  before(id: string): string | undefined
  publish(): void
  /** Answers a request: resumes, begins at the head, or tells a gap. */
  open(which?: number): void
  /** Sends the next entry or ping of a stream. */
  deliver(send: (entry: number, stream: ScriptedEventSource) => void, which?: number): void
  /** Tells each stream its position, once it has sent what is before it. */
  ping(): void
  /** A connection breaks. */
  lose(which?: number): void
  /** Forgets what was before the head. */
  trim(): void
  /** The log is gone, and so are the connections. */
  restart(): void
  /** Another machine takes over that lacks so many of the newest entries. What is published from then on has their numbers. */
  failover(lost: number): void
}

interface Queued {
  readonly entry: number
  readonly isPing: boolean
}

export function scriptLog(sources: readonly ScriptedEventSource[]): ScriptedLog {
  let [head, base, epoch, sent, failovers] = [0, 0, 1, 0, 0]
  /** After how many failovers each entry was published. */
  const branches: number[] = []
  const before = new Map<string, string>()
  let newest: ScriptedEventSource | undefined
  const queues = new WeakMap<ScriptedEventSource, Queued[]>()
  const queueOf = (stream: ScriptedEventSource) => queues.get(stream) ?? []
  const inState = (state: number) => sources.filter(({ readyState }) => readyState === state)
  const pick = (streams: readonly ScriptedEventSource[], which: number) =>
    streams[which % Math.max(1, streams.length)]

  function push(queued: Queued): void {
    for (const stream of inState(OPEN)) queueOf(stream).push(queued)
  }

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
      return inState(OPEN).reduce((sum, stream) => sum + queueOf(stream).length, 0)
    },
    get isOpen() {
      return inState(OPEN).length > 0
    },
    get sent() {
      return sent
    },
    idOf(entry) {
      const branch = branches[entry - 1] ?? 0
      return branch === 0 ? `e${epoch}-${entry}` : `e${epoch}-${entry}-b${branch}`
    },
    has(id) {
      const [, at] = /^e\d+-(\d+)/.exec(id) ?? []
      return Number(at) <= head && log.idOf(Number(at)) === id
    },
    before: (id) => before.get(id),
    publish() {
      head += 1
      branches.push(failovers)
      before.set(log.idOf(head), log.idOf(head - 1))
      push({ entry: head, isPing: false })
    },
    open(which = 0) {
      const stream = pick(inState(CONNECTING), which)
      if (!stream) return
      const cursor = stream.url.searchParams.get('lastEventId')
      const [, at] = /^e\d+-(\d+)/.exec(cursor ?? '') ?? []
      const isHeld = cursor !== null && Number(at) >= base && log.has(cursor)
      const from = cursor === null ? head : isHeld ? Number(at) : base
      newest = stream
      sent = from
      queues.set(
        stream,
        Array.from({ length: head - from }, (_, index) => ({ entry: from + index + 1, isPing: false })),
      )
      stream.open()
      const id = cursor === null || isHeld ? log.idOf(from) : cursor
      const resumed = cursor === null ? null : isHeld
      stream.send('sse.open', JSON.stringify({ stream: 's', heartbeat: 0, resumed }), id)
      if (resumed === false) stream.send('sse.gap', '{"reason":"trimmed"}', log.idOf(from))
    },
    deliver(send, which = 0) {
      const streams = inState(OPEN).filter((stream) => queueOf(stream).length > 0)
      const stream = pick(streams, which)
      const next = stream && queueOf(stream).shift()
      if (!next) return
      if (stream === newest) sent = next.entry
      if (next.isPing) stream.send('sse.ping', '', log.idOf(next.entry))
      else send(next.entry, stream)
    },
    ping: () => push({ entry: head, isPing: true }),
    lose: (which = 0) => pick(inState(OPEN), which)?.lose(),
    trim() {
      base = head
    },
    restart() {
      for (const stream of inState(OPEN)) stream.lose()
      epoch += 1
      base = head
    },
    failover(lost) {
      for (const stream of inState(OPEN)) stream.lose()
      head = Math.max(base, head - lost)
      branches.length = head
      failovers += 1
    },
  }
  return log
}
