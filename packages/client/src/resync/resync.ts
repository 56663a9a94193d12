import { type Clock, systemClock } from '../clock.ts'
import type { SseOpen } from '../events/control-events.ts'
import type { SseState } from '../supervisor/state.ts'
import type { ResyncOption, SseResyncCause } from '../types.ts'
import { comparePositions, isPosition } from './compare-positions.ts'

/** The most events that are held during a load, and the most characters of their data. */
const MOST_EVENTS = 10_000
const MOST_CHARACTERS = 16 * 1024 * 1024

/** Milliseconds that a load may take. */
const LIMIT = 30_000

/** Milliseconds before a failed load is tried again: the first time, and at most. */
const BASE = 1000
const MAX = 30_000

/** Milliseconds within which our server sends `sse.open`. Without one, the opening counts as not resumed. */
const ANNOUNCED = 1000

/** An event that was received and parsed. */
export interface ReceivedEvent {
  readonly event: string
  readonly value: unknown
  /** The cursor after it. */
  readonly id: string
  /** Whether it brought its id itself. An event that did not is in no log, and no load has it. */
  readonly hasOwnId: boolean
  /** Of an event of the server itself, which is told immediately: how its text is read. */
  readonly read: unknown
  /** Its text. */
  readonly data: string
  /** Tells the listeners. */
  emit(): void
}

/** What a resync needs of those for whom it loads: a client, or one of several consumers of a connection. */
export interface ResyncHost {
  /** Loads what is shown. Undefined: nothing has to be loaded. */
  load(): ResyncOption | undefined
  readonly clock?: Clock | undefined
  /** Whether what is shown may be incomplete. */
  stale: boolean
  /** The cursor after the last event that was received. */
  readonly received: string
  /** The cursor up to which the listeners have received everything. */
  readonly told: string
  status(): SseState['status']
  /**
   * Asked once, when the stream has resumed at a position that nobody was told.
   *
   * @returns the position of what is shown already, at or after that one; else false
   */
  given(resumedAt: string): string | false
  /** The listeners have received everything up to here. */
  tell(id: string): void
  /** A load has everything up to here. */
  passed(position: string): void
  /** Connects again at this position. */
  restart(position: string): void
  /** What was held has been told. */
  released?(): void
  /** Reports an error of the app's code that handled this event. */
  report(error: unknown, event: string): void
}

/** Loads what the app shows whenever that may be incomplete, and then tells the listeners exactly what comes after the loaded position. */
export interface Resync {
  readonly isHolding: boolean
  /** How many events wait for the load. */
  readonly held: number
  /** The position of the newest load. Empty: it gave none. */
  readonly position: string
  /** Tells the listeners about an event now, after the load, or never if the load has it. */
  receive(event: ReceivedEvent): void
  /** The state of the client has changed. */
  changed(state: SseState): void
  /** Loads. The listeners have received, or do not need, what is not after this position. */
  start(reason: SseResyncCause['reason'], from: string): void
  /** The connection will resume from a position because of another resync. What was told already comes again. */
  rewind(from: string): void
  /** Tells what is held. */
  release(): void
  /** Ends a life of the client. The server sends again what was held. */
  cancel(): void
}

/**
 * Runs one load at a time and holds the app's events meanwhile, within bounds. A load that fails, hangs or takes too long is reported, what was
 * held is told, and the load is tried again after U(0.5, 1) × min(30 s, 1 s · 2ⁿ) and at the next opening.
 */
export function createResync(host: ResyncHost): Resync {
  const { clock = systemClock } = host
  /** Whether the listeners were told, or have loaded, everything up to the cursor. Undefined: nothing yet. A stored cursor proves nothing. */
  let isComplete: boolean | undefined
  /** Why another load is due. */
  let due: SseResyncCause['reason'] | undefined
  let running: AbortController | undefined
  /** Loads and restarts that have failed in a row. */
  let failures = 0
  let retry: unknown
  let announcement: unknown
  /** The events that wait for the load. Undefined: they are told immediately. */
  let held: ReceivedEvent[] | undefined
  let heldSince = 0
  let characters = 0
  /** What was received after this position is in `held`, without a gap, behind so many older events. A load past the position has those too. */
  let heldFrom = ''
  let older = 0
  /** The load has all events up to here. */
  let position = ''
  /** Whether events up to `position` may still arrive. */
  let isSkipping = false
  /** The next stream begins before `position` because of another resync. */
  let isRewound = false
  /** Where the stream has resumed since the load began. The log may have lost what comes after it, and the load may have that. */
  let resumedAt = ''
  /** The client connects again at the position of a load, because it has told listeners about, or never received, what comes after it. */
  let isRestarting = false
  /** Counts the lives of the client. */
  let life = 0

  function start(reason: SseResyncCause['reason'], from: string): void {
    if (!host.load()) return
    clock.clearTimeout(retry)
    // This load is for the opening too. A consumer that is added later has missed the announcement.
    clock.clearTimeout(announcement)
    retry = undefined
    isComplete = true
    isRestarting = false
    due = reason
    hold(from)
    host.stale = true
    if (!running) void run()
  }

  async function run(): Promise<void> {
    const mine = new AbortController()
    const { signal } = mine
    running = mine
    resumedAt = ''
    await null // an `sse.open` and its `sse.gap` arrive in one turn, and need one load
    if (signal.aborted || !due) return
    const reason = due
    due = undefined
    const limit = clock.setTimeout(() => {
      // Its life is over already.
      if (signal.aborted) return
      mine.abort()
      failed(new Error(`\`resync\` has not finished within ${LIMIT} ms`), reason)
    }, LIMIT)
    try {
      const loaded = await host.load()?.({ reason, signal })
      if (!signal.aborted) finished(loaded, reason)
      // It was given up, and has replaced what the app shows by something older. A running load will replace that again.
      else if (!running) outdated(reason)
    } catch (error) {
      if (!signal.aborted) failed(error, reason)
    } finally {
      clock.clearTimeout(limit)
    }
  }

  function outdated(reason: SseResyncCause['reason']): void {
    isSkipping = false
    if (host.status() === 'open') start(reason, host.received)
    else {
      isRestarting = false
      host.stale = true
      if (host.status() !== 'closed') tryLater(reason)
    }
  }

  function finished(loaded: unknown, reason: SseResyncCause['reason']): void {
    running = undefined
    if (due) {
      // It may have come too early.
      if (clock.now() - heldSince > LIMIT) release()
      void run()
      return
    }
    // After a gap without an id, nothing that has one may have come yet.
    const from = held ? heldFrom || host.received : host.told
    const order = isPosition(loaded) ? comparePositions(loaded, from) : 0
    if (order === undefined || order < 0) restart(loaded as string, reason)
    else {
      if (isPosition(loaded)) {
        skipTo(loaded)
        host.passed(position)
      }
      failures = 0
      release()
      if (isAfter(loaded, resumedAt)) start('open', host.received)
      if (!running) host.stale = false
    }
  }

  /** Events after the position were told before the load has replaced what the app shows, or were never received. */
  function restart(at: string, reason: SseResyncCause['reason']): void {
    if (host.status() === 'open') {
      held = undefined
      position = at
      isRestarting = true
      isSkipping = false
      host.restart(at)
    } else {
      // The next opening loads again. A tab that shares may not be told of it.
      release()
      if (host.status() !== 'closed') tryLater(reason)
    }
  }

  function failed(error: unknown, reason: SseResyncCause['reason']): void {
    running = undefined
    host.report(error, `sse.${reason}`)
    release()
    tryLater(reason)
  }

  function tryLater(reason: SseResyncCause['reason']): void {
    isRestarting = false
    const delay = (1 - clock.random() / 2) * Math.min(MAX, BASE * 2 ** failures++)
    retry = clock.setTimeout(() => start(reason, host.received), delay)
  }

  function hold(from: string): void {
    heldFrom = from
    older = held?.length ?? 0
    if (held) return
    held = []
    heldSince = clock.now()
    characters = 0
  }

  function release(): void {
    const waiting = held ?? []
    const mine = life
    held = undefined
    for (const [index, event] of waiting.entries()) {
      // A listener may close the client.
      if (mine !== life) return
      tell(event, index < older)
    }
    host.released?.()
  }

  function tell({ event, id, hasOwnId, read, emit }: ReceivedEvent, isOlder = false): void {
    const isCandidate = isSkipping && hasOwnId && !read
    const order = isCandidate && comparePositions(id, position)
    const isLoaded = isCandidate && (isOlder || Number(order) <= 0)
    host.tell(id)
    if (!isLoaded && event !== '') emit()
    if (!isCandidate || isLoaded) return
    isSkipping = false
    // The load is of another branch of the log than the stream.
    if (order === undefined && isPosition(id) && isPosition(position)) start('open', id)
  }

  function isAfter(a: unknown, b: string): boolean {
    return Number(isPosition(a) && comparePositions(a, b)) > 0
  }

  function skipTo(at: string): void {
    position = at
    isSkipping = true
  }

  function opened({ resumed }: SseOpen, id: string): void {
    clock.clearTimeout(announcement)
    const given = resumed === true && isComplete === undefined && host.given(id)
    if (given) skipTo(given)
    if (resumed === true && (isComplete || given)) {
      isComplete = true
      if (!isRewound) resumedAt = id
      if (isRestarting) {
        isRestarting = false
        failures = 0
        host.stale = false
      } else if (!running && (host.stale || (isSkipping && !given && !isRewound && isAfter(position, id))))
        start('open', id)
    } else missed('open', id)
    isRewound = false
  }

  function missed(reason: SseResyncCause['reason'], id: string): void {
    // The log no longer has what comes after the loaded position. At once the next load would end in the same way.
    if (!host.load()) return
    isSkipping = false
    if (isRestarting) tryLater(reason)
    else if (reason === 'open' || !retry) start(reason, id)
  }

  return {
    get isHolding() {
      return !!held
    },
    get held() {
      return held?.filter(({ event }) => event !== '').length ?? 0
    },
    get position() {
      return position
    },
    receive(received) {
      const { event, value, id, hasOwnId, read, emit } = received
      if (!held) tell(received)
      else {
        if (hasOwnId) heldFrom ||= id
        characters += received.data.length
        // After a gap the log may give again what waits already.
        for (let at = 0; hasOwnId && at < older; at++) {
          const one = held[at]!
          if (one.hasOwnId && one.id === id) held[at] = { ...one, event: '' }
        }
        // Of what was told already, only the cursor waits.
        held.push(read ? { ...received, event: '' } : received)
        if (read) emit()
      }
      if (event === 'sse.open') opened(value as SseOpen, id)
      // On a stream with records a gap has no id. What follows is then complete from the next id on.
      else if (event === 'sse.gap') missed('gap', hasOwnId ? id : '')
      if (held && (held.length > MOST_EVENTS || characters > MOST_CHARACTERS)) release()
    },
    changed({ status }) {
      clock.clearTimeout(announcement)
      if (status === 'open') announcement = clock.setTimeout(() => missed('open', host.received), ANNOUNCED)
      if (status === 'closed') clock.clearTimeout(retry)
    },
    start,
    rewind(from) {
      if (isRestarting) {
        const order = comparePositions(from, position)
        // What comes after its own position will not come: it loads again.
        if (order === undefined || order > 0) isRestarting = isComplete = false
        else if (order < 0) isSkipping = true
        return
      }
      isRewound = true
      const told = held ? heldFrom : host.told
      // The two may be of different logs.
      if (comparePositions(from, told) === undefined) isComplete = false
      if (!isSkipping || !(Number(comparePositions(position, told)) > 0)) skipTo(told)
      if (!held) return
      held = []
      heldFrom = from
      older = characters = 0
    },
    release,
    cancel() {
      life++
      clock.clearTimeout(retry)
      clock.clearTimeout(announcement)
      running?.abort()
      retry = running = held = due = undefined
      isRestarting = false
    },
  }
}
