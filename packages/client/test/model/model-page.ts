import type { ModelTab } from '@sse/testbed/browser-model'
import { expect } from 'vitest'
import type { SseChannels, SsePresence, SseRecords } from '../../src/index.ts'
import { createMember, type Member } from '../../src/share/member.ts'
import type { Interest } from '../../src/share/protocol.ts'
import { createModelFeatures } from './model-features.ts'
import { isRefused, type ModelServer, OWN, ROOM, WITH_RECORDS } from './model-server.ts'

/** A page whose client shares, and a ledger of the events that it must receive and those that it has received. */
export interface ModelPage {
  readonly tab: ModelTab
  readonly name: string
  /** The channels that its client requests. */
  readonly interests: ReadonlySet<string>
  left: boolean
  subscribe(channel: string): void
  unsubscribe(channel: string): void
  /** The browser freezes the page, and resumes it. */
  freeze(): void
  thaw(): void
  /** Its client closes. */
  close(): void
  /** Checks the ledger, when nothing more is on its way to the page. */
  judge(): void
}

/** The position of the snapshot that a page shows. */
export interface Snapshot {
  readonly cursor: string
  readonly number: number
}

export function openPage(
  tab: ModelTab,
  server: ModelServer,
  initial: readonly string[],
  snapshot: Snapshot | undefined,
): ModelPage {
  const interests = new Set(initial)
  const everAsked = new Set(initial)
  /** The event after which the page must receive everything on a channel. */
  const since = new Map<string, number>()
  let ticks: number[] = []
  /** Those without an id. After a gap they may come again, because the page's cursor is still before them. */
  const bare = new Set<number>()
  let position = snapshot?.cursor ?? ''
  const notes: string[] = []
  let view: SseChannels | undefined
  /** The channels that it was told since the last stream began. */
  let confirmed: string | undefined
  let account = ''
  const { events, features, receive: takeFeature } = createModelFeatures(interests, undefined)
  const records = new Map<string, SseRecords>()
  let room: SsePresence | undefined
  for (const channel of WITH_RECORDS) {
    events.on(`sse.records:${channel}`, (state: SseRecords) => records.set(channel, state))
    features.watch(`sse.records:${channel}`)
  }
  events.on(`sse.presence:${ROOM}`, (presence: SsePresence) => {
    if (!everAsked.has(ROOM)) fail('was told members, and has never asked for them')
    room = presence
  })
  let rest: ((event: Event) => void) | undefined
  for (const channel of [OWN, ...initial])
    if (snapshot && !isRefused(channel)) since.set(channel, snapshot.number)

  const newest = () => server.events.length
  /** Collected, because the errors of listeners are reported and do not reach the test. */
  const failures: string[] = []
  const fail = (why: string) => void failures.push(`${tab.name}: ${why}\n${account}`)
  const note = (text: string) => {
    account += `${text} `
  }

  /** The events up to a number that it should have received and has not. */
  function missing(upTo: number): number[] {
    const isDue = (channel: string, number: number) =>
      number > (since.get(channel) ?? Number.POSITIVE_INFINITY)
    return server.events
      .filter(
        ({ number, channels, kind }) =>
          kind === 'tick' && number <= upTo && channels.some((channel) => isDue(channel, number)),
      )
      .map(({ number }) => number)
      .filter((number) => !ticks.includes(number))
  }

  function receiveTick(number: number): void {
    note(String(number))
    const { channels } = server.events[number - 1]!
    if (number <= (ticks.at(-1) ?? 0)) fail(`was told ${number} after ${ticks.at(-1)}`)
    if (!channels.some((channel) => channel === OWN || (interests.has(channel) && !isRefused(channel))))
      fail(`was told ${number} on ${channels}, and wants ${[...interests]}`)
    if (snapshot && number <= snapshot.number) fail(`was told ${number}, which its snapshot has`)
    const lost = missing(number - 1)
    if (lost.length > 0) fail(`was told ${number} before ${lost}`)
    ticks.push(number)
  }

  function receiveChannels(next: SseChannels): void {
    note(`[${next.channels}|${next.refused}]`)
    const text = JSON.stringify(next)
    if (text === confirmed) fail('was told its channels twice')
    confirmed = text
    view = next
    for (const name of next.channels) {
      if (name === OWN) continue
      if (!everAsked.has(name)) fail(`was told that it is on ${name}, and has never asked for it`)
      if (interests.has(name) && !since.has(name)) since.set(name, newest())
    }
    for (const name of next.refused)
      if (!everAsked.has(name) || !isRefused(name)) fail(`was told that ${name} was refused`)
    // A channel that is no longer in the list must be confirmed again.
    for (const name of since.keys()) if (!next.channels.includes(name)) since.delete(name)
  }

  function judgeRecords(channel: string): void {
    const { records: shown = new Map(), stale = true } = records.get(channel) ?? {}
    const of = `records of ${channel} in ${tab.name}\n${account}`
    expect(stale, `stale ${of}`).toBe(false)
    expect([...shown].sort(), of).toEqual([...server.recordsOf(channel)].sort())
  }

  const member: Member = createMember({
    url: new URL('http://a.test/events'),
    share: true,
    cursor: snapshot?.cursor ?? '',
    clock: tab.clock,
    apis: tab.apis,
    open: server.connection(tab),
    onWakeup: () => () => {},
    listenToPage(_, listener) {
      rest = listener
      return () => {}
    },
    interests: () => ['n:tick', 'n:note', ...[...interests].map((name): Interest => `c:${name}`)],
    state() {},
    receive({ event, data, lastEventId }) {
      takeFeature(event, data, lastEventId)
      if (event === 'tick') {
        if (lastEventId === position) bare.add(Number(data))
        receiveTick(Number(data))
      } else if (event === 'sse.channels') receiveChannels(JSON.parse(data))
      else if (event === 'note') {
        if (notes.includes(data)) fail(`was told the note ${data} twice`)
        notes.push(data)
      } else if (event === 'sse.open') {
        note('open')
        confirmed = undefined
        if (!since.has(OWN)) since.set(OWN, newest())
        const { resumed, oldest, by } = JSON.parse(data) as {
          resumed: boolean | null
          oldest?: number
          by: string
        }
        // A stream that broke before it told a position was followed by one that begins anew, so the page loads again.
        if (resumed === null) {
          // A rewind is for the tab that has opened the stream. Tabs that join later begin at the newest event.
          const from = oldest !== undefined && by === tab.name ? oldest - 1 : newest()
          for (const channel of since.keys()) since.set(channel, from)
          // What that stream told without an id may come again by a rewind.
          if (oldest !== undefined) ticks = ticks.filter((number) => number < oldest || !bare.has(number))
        }
      } else if (event === 'sse.gap') {
        note('gap')
        // Until a stream has given its records, its gap has no id. So another connection may tell the same one again.
        if (server.breaks === 0) fail('was told of a gap, and the log has everything')
        // The page loads what it shows, so it has everything up to now.
        for (const channel of since.keys()) since.set(channel, newest())
        ticks = ticks.filter((number) => !bare.has(number))
      }
      position = lastEventId
    },
  })

  return {
    tab,
    name: tab.name,
    interests,
    left: false,
    subscribe(channel) {
      note(`+${channel}`)
      interests.add(channel)
      everAsked.add(channel)
      member.update()
    },
    unsubscribe(channel) {
      note(`-${channel}`)
      interests.delete(channel)
      since.delete(channel)
      member.update()
    },
    freeze() {
      tab.hanging = true
      rest?.(new Event('freeze'))
    },
    thaw() {
      tab.hanging = false
      rest?.(new Event('resume'))
    },
    close: () => member.leave(),
    judge() {
      expect(failures[0]).toBeUndefined()
      const lost = missing(newest())
      if (lost.length > 0) fail(`was never told ${lost}`)
      if (ticks.at(-1) !== newest()) fail(`was never told ${newest()}`)
      const asked = [...interests].filter((name) => !isRefused(name)).sort()
      const refused = [...interests].filter(isRefused).sort()
      if (interests.size === 0 && !view) return
      for (const channel of WITH_RECORDS.filter((name) => name === OWN || interests.has(name)))
        judgeRecords(channel)
      if (interests.has(ROOM))
        expect(room?.members?.map(({ id }) => id).sort(), `members of ${tab.name}\n${account}`).toEqual(
          [...server.members].sort(),
        )
      expect([...(view?.channels ?? [])].sort(), `${tab.name}\n${account}`).toEqual([...asked, OWN].sort())
      expect([...(view?.refused ?? [])].sort(), `${tab.name}\n${account}`).toEqual(refused)
    },
  }
}
