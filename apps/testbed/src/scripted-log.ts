/** What this uses of an EventSource of `@sse/client/testing`. */
interface SourceLike {
  readonly url: URL
  readonly readyState: number
  open(): void
  send(event: string, data: string, lastEventId?: string): void
  lose(): void
}

export interface ScriptedLog {
  /** The newest number that was published. */
  readonly head: number
  idOf(number: number): string
  /** Publishes the next number. */
  publish(): void
  /** Opens the newest stream, as a server of ours does: it resumes at the cursor if the log still has what comes after. */
  open(): void
  /** Delivers the next event of the newest stream, if it has one. */
  deliver(): void
  /** Delivers all of them. */
  deliverAll(): void
  lose(): void
  /** Forgets what is on its way to a stream that the client has left. */
  leave(): void
  /** The log keeps nothing of what is in it. */
  trim(): void
  /** Another log takes the place of this one. */
  restart(): void
}

/**
 * A server that publishes the numbers from 1 on as events `tick`, and delivers them when the test says so.
 *
 * @param sources the EventSources of the client, in the order in which they were made
 */
export function createScriptedLog(sources: readonly SourceLike[]): ScriptedLog {
  let [head, base, epoch] = [0, 0, 1]
  /** Numbers on their way on the newest stream. */
  let queue: number[] = []

  const newest = () => sources.at(-1)
  const isOpen = () => newest()?.readyState === 1
  const idOf = (number: number) => `e${epoch}-${number}`

  function deliver(): void {
    const number = isOpen() ? queue.shift() : undefined
    if (number !== undefined) newest()?.send('tick', String(number), idOf(number))
  }

  function leave(): void {
    queue = []
  }

  return {
    get head() {
      return head
    },
    idOf,
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
      const id = cursor === null || isHeld ? idOf(from) : cursor
      const resumed = cursor === null ? null : isHeld
      stream.send('sse.open', JSON.stringify({ stream: 's', heartbeat: 0, resumed }), id)
      if (resumed === false) stream.send('sse.gap', '{"reason":"trimmed"}', idOf(from))
      queue = []
      for (let number = from + 1; number <= head; number++) queue.push(number)
    },
    deliver,
    deliverAll() {
      while (queue.length > 0 && isOpen()) deliver()
    },
    lose() {
      if (isOpen()) newest()?.lose()
      leave()
    },
    leave,
    trim() {
      base = head
    },
    restart() {
      if (isOpen()) newest()?.lose()
      leave()
      epoch += 1
      base = head
    },
  }
}
