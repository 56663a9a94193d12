/** What this uses of an EventSource of `@sse/client/testing`. */
interface SourceLike {
  readonly url: URL
  readonly readyState: number
  open(): void
  send(event: string, data: string, lastEventId?: string): void
  lose(): void
}

/** What a load has read: the number of the newest event in it, and its position. */
interface Snapshot {
  readonly number: number
  readonly position: string
}

interface Load extends PromiseWithResolvers<Snapshot> {
  read?: Snapshot
}

/** Lets whatever waits for promises run on. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve))
}

export interface ScriptedLog {
  /** The newest number that was published. */
  readonly head: number
  /** Publishes the next number. */
  publish(): void
  /** Opens the newest stream, as a server of ours does: it resumes at the cursor if the log still has what comes after. */
  open(): void
  /** Delivers the next event of the newest stream, if it has one. */
  deliver(): void
  lose(): void
  /** Forgets what is on its way to a stream that the client has left. */
  leave(): void
  /** The log keeps nothing of what is in it. */
  trim(): void
  /** Another log takes the place of this one. What loads have read has a position of the log that is gone. */
  restart(): void
  /** A load of the page begins. */
  load(): Promise<Snapshot>
  /** One of the loads reads what there was so many events ago, because a replica may lag behind. */
  read(which: number, lag: number): void
  /** One of the loads that have read ends, or fails. */
  answer(which: number, isGood: boolean): void
  /** Everything goes well from here on, until nothing waits any more. Publishes one more event then. */
  recover(clock: { advance(milliseconds: number): void }): Promise<void>
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

  let loads: Load[] = []

  const newest = () => sources.at(-1)
  const isOpen = () => newest()?.readyState === 1
  const idOf = (number: number) => `e${epoch}-${number}`

  function deliver(): void {
    const number = isOpen() ? queue.shift() : undefined
    if (number !== undefined) newest()?.send('tick', String(number), idOf(number))
  }

  function deliverAll(): void {
    while (queue.length > 0 && isOpen()) deliver()
  }

  function leave(): void {
    queue = []
  }

  function open(): void {
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
  }

  function publish(): void {
    head += 1
    if (isOpen()) queue.push(head)
  }

  function read(load: Load | undefined, lag: number): void {
    // Only the present log knows the positions of its events.
    const number = Math.max(0, head - lag)
    if (load) load.read ??= { number, position: idOf(number) }
  }

  function answer(load: Load | undefined, isGood: boolean): void {
    if (!load?.read) return
    loads = loads.filter((one) => one !== load)
    if (isGood) load.resolve(load.read)
    else load.reject(new Error('503'))
  }

  const pick = (which: number) => loads[which % Math.max(1, loads.length)]

  return {
    get head() {
      return head
    },
    publish,
    open,
    deliver,
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
    load() {
      const load: Load = Promise.withResolvers<Snapshot>()
      loads.push(load)
      return load.promise
    },
    read: (which, lag) => read(pick(which), lag),
    answer: (which, isGood) => answer(pick(which), isGood),
    async recover(clock) {
      for (let round = 0; round < 20; round++) {
        open()
        deliverAll()
        for (const load of loads) {
          read(load, 0)
          answer(load, true)
        }
        await settled()
        clock.advance(5000)
        await settled()
      }
      publish()
      deliver()
      await settled()
    },
  }
}
