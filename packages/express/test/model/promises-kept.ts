import type { Client } from './client.ts'
import type { Poster } from './poster.ts'
import { type Server, stall } from './server.ts'
import type { World } from './world.ts'

/** Looks whether every promise is kept, when nothing is on its way. What a stream is told is looked at when it comes. */
export function check(world: World): void {
  for (const client of world.clients) {
    client.check()
    checkAnswer(world, client)
    checkEnd(world, client)
  }
  for (const poster of world.posters) {
    poster.check()
    checkPost(world, poster)
  }
  for (const server of world.servers) checkCounts(world, server)
}

/** I8: nobody is refused but for what it is, or does itself. */
function checkAnswer(world: World, client: Client): void {
  const { asks, status, causes, overLimit } = client
  if (client.exchange.hasLeft || client.exchange.isPaused) return
  if (status === undefined) {
    if (mustBeAnswered(world, client)) world.breach('nothing stuck', `there is no answer for ${client}`)
    return
  }
  const fits: Readonly<Record<number, boolean>> = {
    200: true,
    204: causes.has('disconnected') || causes.has('app') || client.mayHaveEnded,
    401: causes.has('expired'),
    // It was closed after what it was sent, and before it was on a channel.
    406: asks.kind === 'poll' && asks.greets && causes.has('app'),
    429: overLimit,
    503:
      causes.has('disconnected') ||
      causes.has('shutdown') ||
      causes.has('threw') ||
      causes.has('app') ||
      (asks.kind === 'poll' && causes.has('outage')),
  }
  if (!fits[status]) world.breach('I8', `nothing explains the answer to ${client}`)
  const isStream = status === 200 && asks.kind === 'stream'
  if (overLimit && status === 200 && !causes.has('app'))
    world.breach('I8', `the limits let in too much: ${client}`)
  if (isStream && mustBeOpen(world, client) && !client.ledger.opened && client.isOpen)
    world.breach('nothing stuck', `nothing was told to ${client}`)
}

function mustBeAnswered(world: World, client: Client): boolean {
  if (!client.isServed || isHeld(world, client)) return false
  // What waited for a client that does not read was dropped with its connection.
  if (client.causes.has('broken') || (client.causes.has('slow') && client.end === 'broken')) return false
  return client.asks.kind === 'stream' || (client.asks.wait === 0 && mustBeOpen(world, client))
}

/** Whether its server knows the log, and may read it. */
function mustBeOpen(world: World, client: Client): boolean {
  const { server } = client
  return !server.isAway && !server.broker.holdsReads && !isHeld(world, client) && !holdsRead(world)
}

function isHeld(world: World, client: Client | Poster): boolean {
  return world.holds.has((held) => held.client === client)
}

function holdsRead(world: World): boolean {
  return world.holds.has(({ what }) => what === 'a read')
}

/** I8 and I6: a stream ends for a reason, and ends where there is one. */
function checkEnd(world: World, client: Client): void {
  const { asks, end, status, causes, exchange, stream } = client
  const isExplained = causes.size > 0 || client.overLimit || client.mayHaveEnded
  if (asks.kind === 'stream' && status === 200 && end !== undefined && !isExplained)
    world.breach('I8', `nothing explains the end of ${client}`)
  if (exchange.isOver && stream && !stream.closed)
    world.breach('I6', `the response is over and the stream is not: ${client}`)
  if (stream?.closed && !exchange.isOver && !exchange.isPaused)
    world.breach('I6', `the stream is over and the response is not: ${client}`)
  if (stream?.closed || !client.isServed || !stream) return
  if (client.live && client.isOpen && mustBeOpen(world, client) && !exchange.isPaused && client.mustHaveEnded)
    world.breach('nothing stuck', `all of its channels have ended: ${client}`)
  const noticesClock = !world.isClockSet || (asks.kind === 'stream' && status === 200)
  if (Date.now() > client.expiresAt && noticesClock) world.breach('I6', `its time is over: ${client}`)
  if (client.server.state === 'closed' && status === 200)
    world.breach('I6', `its hub is closed, and it is open: ${client}`)
  if (client.fullSince !== undefined && performance.now() - client.fullSince > 2 * stall)
    world.breach('I6', `${exchange.pending} bytes wait for ${client}`)
}

/** I8: a wish is answered, and refused for nothing that another client did. */
function checkPost(world: World, poster: Poster): void {
  const { status, wish, threw, spent, sawOutage } = poster
  const { target } = wish
  if (poster.exchange.hasLeft) return
  if (status === undefined) {
    const waits = isHeld(world, poster) || performance.now() - poster.since < 6_000
    if (!waits) world.breach('nothing stuck', `there is no answer to ${poster}`)
    return
  }
  const hasStream = target?.stream !== undefined && target.key === wish.key
  const fits: Readonly<Record<number, boolean>> = {
    200: hasStream,
    404: !hasStream || target.stream?.closed === true || sawOutage,
    500: threw,
    503: spent || sawOutage,
  }
  if (!fits[status]) world.breach('I8', `nothing explains the answer to ${poster}`)
}

/** I6: what is counted is what there is. */
function checkCounts(world: World, server: Server): void {
  if (!server.isReady || server.state !== 'running') return
  const { streams, windowEntries } = server.hub.stats()
  const open = [...server.hub.streams].filter((stream) => !stream.closed).length
  if (streams !== open) world.breach('I6', `${streams} streams are counted, and ${open} are open`)
  const held = Math.min(server.broker.events, world.window)
  if (windowEntries !== held)
    world.breach('I8', `the window holds ${windowEntries} entries, and there were ${held} events`)
}
