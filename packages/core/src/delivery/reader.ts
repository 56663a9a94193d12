import type { GapReason } from '../log/broker.ts'
import type { Log } from '../log/log.ts'
import { eventFrame } from '../wire/control.ts'
import type { Frame } from '../wire/frame.ts'
import type { BacklogAnswer, BacklogRead } from './backlog/backlog.ts'
import type { BacklogPage, BacklogRecord } from './backlog/backlog-page.ts'

/** What takes frames: a transport, or what stands before one. */
export interface Writer {
  /** Takes the frames in any case; `false`: full, call `readOn` when there is room again. */
  write(frames: readonly Frame[]): boolean
}

/** Where what is read goes. */
export interface Out extends Writer {
  /** What it writes to. A broadcast goes there without it, and tells it what came of that. */
  readonly transport: Writer
  /** The transport has answered `false`. */
  filled(): void
  /** The transport has thrown. */
  failed(error: unknown): void
}

/** Whom a reader serves: its stream. */
export interface Sink {
  readonly channels: ReadonlySet<string>
  /** Those of the channels whose events are preceded by their channels' names; `undefined` for a stream that does not ask for that. */
  readonly labels: ReadonlySet<string> | undefined
  /** Its key, if it has one: what the broker reads for all streams of a key is bounded together. */
  readonly key: string | undefined
  readonly out: Out
  /** The position is known: nothing was written from the log before. */
  opened(cursor: { readonly id: string | undefined; readonly resumed: boolean }): void
  /** The log could not give everything after `requested`; delivery goes on after `resumeAt`. */
  gap(reason: GapReason, requested: string, resumeAt: string): void
  /** Everything up to the head was written; from now on the fan-out hands over what comes. */
  caughtUp(): void
  /** The broker did not answer. It is asked again when it may do so. */
  unreadable(): void
}

/** Bytes handed to the transport before its answer is asked for again. */
const stride = 64 * 1024
/** No broker's cursor: the gap that answers it goes on at the head. */
const noCursor = ''

/**
 * A place in the log, and the one way forward from it. Whoever opens, returns, falls behind or joins late does the same: *read on*
 * from the window by its channel index; from the backlog where the window does not reach back; until the transport is full (then
 * from there at its drain) or the head is reached. From then on the fan-out hands it what comes.
 *
 * A live reader keeps no position of its own: it stands where the fan-out stands, or at `#floor` if it is ahead of that. So
 * nothing has to be written down for a stream on whose channels nothing happens.
 */
export class Reader {
  /*
   * What a broadcast touches comes first, and next to each other: with a thousand streams none of it is in the fastest cache, and each line
   * of memory that is waited for costs as much as all that is done with it.
   */
  #state: 'opening' | 'live' | 'behind' | 'fetching' | 'ended' = 'opening'
  /** The number up to which a live reader has everything, if it is ahead of the fan-out. */
  #floor = 0
  readonly #transport: Writer
  readonly #out: Out
  readonly #log: Log
  readonly #sink: Sink
  /** The position while not live. */
  #cursor: string
  /**
   * Whether the log forked behind what was written, and nothing was read since. The window may not know of the fork yet: what follows
   * the position there was written already, so that only the broker is asked.
   */
  #forked = false
  /** What it waits for while it fetches. */
  #read: BacklogRead | undefined

  /** @param cursor the id of the last event that the client has */
  constructor(log: Log, sink: Sink, cursor: string) {
    this.#transport = sink.out.transport
    this.#out = sink.out
    this.#log = log
    this.#sink = sink
    this.#cursor = cursor
  }

  get channels(): ReadonlySet<string> {
    return this.#sink.channels
  }

  get labels(): ReadonlySet<string> | undefined {
    return this.#sink.labels
  }

  /** Whether it stands at the head and takes what the fan-out hands it. */
  get live(): boolean {
    return this.#state === 'live'
  }

  /** The id of the last log entry that was passed: written, or on none of the channels. */
  get position(): string {
    if (this.#state !== 'live') return this.#cursor
    return this.#log.window.idAt(this.#livePosition)
  }

  get #livePosition(): number {
    return Math.max(this.#floor, this.#log.delivered)
  }

  /** Opens: tells the stream where it stands, and reads on. `unknown` is what came instead of a cursor. */
  begin(unknown?: string): void {
    if (unknown !== undefined) {
      this.#open(false, undefined)
      this.#sink.gap('unknown', unknown, this.#cursor)
    }
    this.readOn()
  }

  /** Goes on from the position as far as the transport takes it. */
  readOn(): void {
    if (this.#state === 'ended' || this.#state === 'fetching' || this.#state === 'live') return
    const position = this.#windowPosition
    if (position === undefined) this.#fetch()
    else this.#readWindow(position)
  }

  /** What the fan-out calls: `frames` hold all that is on the reader's channels from one position to another. */
  deliver(frames: readonly Frame[], from: number, to: number): void {
    if (this.#state !== 'live') return
    if (this.#floor > from) {
      this.catchUp()
      return
    }
    this.#floor = to
    if (this.#transport.write(frames)) return
    this.#out.filled()
    this.pause()
  }

  /** Something was thrown while this reader was served: its stream ends, and nobody else's. */
  failed(error: unknown): void {
    this.#out.failed(error)
  }

  /** A live reader takes what came since it was last served; needed before its channels change in the midst of a turn. */
  catchUp(): void {
    if (this.#state === 'live') this.#readWindow(this.#livePosition)
  }

  /** Stops here because the transport is full; `readOn` goes on. */
  pause(): void {
    if (this.#state !== 'live') return
    this.#cursor = this.#log.window.idAt(this.#livePosition)
    this.#state = 'behind'
  }

  /** The log broke after what was delivered; a live reader goes on after `resumeAt`, the new head. */
  skip(reason: GapReason, requested: string, resumeAt: string): void {
    if (this.#state === 'live') this.#sink.gap(reason, requested, resumeAt)
  }

  end(): void {
    this.#state = 'ended'
    this.#log.waiting.delete(this)
    if (this.#read) this.#log.backlog.leave(this.#read)
  }

  #readWindow(from: number): void {
    this.#open(true, this.#cursor)
    const { window } = this.#log
    for (let position = from; ; ) {
      const read = window.read(this.#sink.channels, position, stride)
      position = read.position
      const full = read.records.length > 0 && !this.#out.write(this.#labelled(read.records))
      if (this.#state === 'ended') return
      if (full) {
        this.#cursor = window.idAt(position)
        this.#state = 'behind'
        return
      }
      this.#floor = position
      if (position === window.head) {
        if (this.#state !== 'live') {
          this.#state = 'live'
          this.#sink.caughtUp()
        }
        return
      }
    }
  }

  #fetch(): void {
    const opening = this.#state === 'opening'
    const { wakes } = this.#log
    this.#state = 'fetching'
    this.#log.waiting.delete(this)
    this.#ask(this.#cursor, (answer) => {
      if (this.#ended) return
      const isFork = isGap(answer) && answer.gap === 'forked'
      if (opening || !isFork) this.#answered(answer, opening, wakes)
      // In the midst of a stream some of what a forked log still holds was written already: it goes on at the head.
      else {
        this.#ask(noCursor, (head) => {
          this.#answered(isGap(head) ? { ...head, gap: 'forked' } : head, opening, wakes)
        })
      }
    })
  }

  #ask(cursor: string, answered: (answer: BacklogAnswer) => void): void {
    // After a fork it cannot go on in the window, so the broker is asked in any case.
    const client = this.#forked ? undefined : (this.#sink.key ?? this)
    this.#read = { cursor, client, answered, failed: (error) => this.failed(error) }
    this.#log.backlog.add(this.#read)
  }

  #answered(answer: BacklogAnswer, opening: boolean, wakes: number): void {
    if (this.#ended) return
    this.#read = undefined
    this.#state = opening ? 'opening' : 'behind'
    if (answer === 'unreadable') this.#sink.unreadable()
    if (this.#ended) return

    if (typeof answer === 'object' && 'page' in answer) this.#writePage(answer.page, answer.from)
    // The window may have come to hold the position while the broker was asked.
    else if (this.#windowPosition !== undefined) this.readOn()
    else if (isGap(answer)) this.#tellGap(answer.gap, answer.resumeAt)
    // What it would wait for may have happened while the broker was asked.
    else if (this.#log.wakes > wakes) this.readOn()
    else this.#log.waiting.add(this)
  }

  get #windowPosition(): number | undefined {
    return this.#forked ? undefined : this.#log.window.find(this.#cursor)
  }

  /** Read through a getter: a state that a call may have changed is not narrowed away. */
  get #ended(): boolean {
    return this.#state === 'ended'
  }

  #writePage(page: BacklogPage, from: number): void {
    this.#open(true, this.#cursor)
    this.#forked = false
    const places = page.placesOn(this.#sink.channels, from)
    for (let next = 0; next < places.length; ) {
      const records: BacklogRecord[] = []
      for (let bytes = 0; next < places.length && bytes < stride; next++) {
        const record = page.recordAt(places[next]!)
        records.push(record)
        bytes += record.frame.bytes.length
      }
      this.#cursor = next < places.length ? page.idAt(places[next - 1]!) : page.end
      if (!this.#out.write(this.#labelled(records)) || this.#ended) return
    }
    this.#cursor = page.end
    this.readOn()
  }

  /** The frames of what was read. An event that is on a channel of the app's own is not labelled, whatever else it is on. */
  #labelled(records: readonly BacklogRecord[]): Frame[] {
    const { channels, labels } = this.#sink
    if (!labels) return records.map((record) => record.frame)
    return records.flatMap((record) => {
      const own = record.channels.filter((channel) => channels.has(channel))
      return own.every((channel) => labels.has(channel))
        ? [eventFrame(record.id, own), record.frame]
        : record.frame
    })
  }

  /** What the window still holds is given after the gap, even if the broker's own log is shorter. */
  #tellGap(reason: GapReason, resumeAt: string): void {
    const { window } = this.#log
    const requested = this.#cursor
    const fresh = this.#state === 'opening'
    const fromBase = reason === 'trimmed' ? !this.#forked : reason === 'forked' && fresh
    this.#forked = reason === 'forked' && !fresh
    this.#open(false, reason === 'unknown' ? undefined : requested)
    this.#cursor = fromBase && window.find(resumeAt) !== undefined ? window.baseId : resumeAt
    this.#sink.gap(reason, requested, this.#cursor)
    this.readOn()
  }

  #open(resumed: boolean, id: string | undefined): void {
    if (this.#state !== 'opening') return
    this.#state = 'behind'
    this.#sink.opened({ id, resumed })
  }
}

function isGap(answer: BacklogAnswer): answer is Extract<BacklogAnswer, { gap: GapReason }> {
  return typeof answer === 'object' && 'gap' in answer
}
