import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { endOfTurn } from '../end-of-turn.ts'
import { createHub } from '../hub/hub.ts'
import type { Hub } from '../hub/types.ts'
import { createMemoryBroker } from '../log/memory-broker.ts'
import { KeptAnswer } from '../response/kept-answer.test-kit.ts'
import { createPoll } from '../response/poll.ts'
import { opening } from './opening.test-kit.ts'
import { RecordingTransport } from './recording-transport.test-kit.ts'
import type { StreamOptions } from './sse-stream.ts'

const asked = (...names: string[]) => ({ names, authorize: (name: string) => !name.startsWith('secret') })

/** A stream on `own` that several tabs share. */
async function share(hub: Hub, options: StreamOptions = {}, shared = true) {
  const transport = new RecordingTransport()
  const stream = hub.stream(transport, { shared, ...options }).subscribe('own')
  await opening()
  await endOfTurn()
  return { transport, stream }
}

/** The data of the events, each with the channels from its `sse.event`. */
function events(transport: RecordingTransport) {
  const told: { data: string; channels?: string[] }[] = []
  let label: { id: string; channels: string[] } | undefined
  for (const { event, data, id } of transport.events()) {
    if (event === 'sse.event') label = JSON.parse(data)
    else if (event === 'message') {
      if (label) expect(label.id).toBe(id)
      told.push(label ? { data, channels: label.channels } : { data })
      label = undefined
    }
  }
  return told
}

async function hubWith(...published: readonly (readonly [channels: string | string[], data: string])[]) {
  const hub = createHub()
  await hub.ready
  const start = hub.position
  for (const [channels, data] of published) await hub.publish(channels, data)
  return { hub, start }
}

const published: readonly (readonly [channels: string | string[], data: string])[] = [
  ['own', '1'],
  ['a', '2'],
  [['a', 'b'], '3'],
  [['a', 'secret', 'elsewhere'], '4'],
  [['b', 'own'], '5'],
  ['elsewhere', '6'],
]

const told = [
  { data: '1' },
  { data: '2', channels: ['a'] },
  { data: '3', channels: ['a', 'b'] },
  { data: '4', channels: ['a'] },
  { data: '5' },
]

describe('a stream that tabs share', () => {
  it('gets the channels of each event, except channels that the stream is not on', async () => {
    const { hub } = await hubWith()
    const { transport } = await share(hub, { asked: asked('a', 'b', 'secret') })
    for (const [channels, data] of published) await hub.publish(channels, data)
    await endOfTurn()
    expect(events(transport)).toEqual(told)
  })

  it('gets the same for many events in one turn, and in a replay', async () => {
    const { hub, start } = await hubWith()
    const live = await share(hub, { asked: asked('a', 'b') })
    await Promise.all(published.map(([channels, data]) => hub.publish(channels, data)))
    await endOfTurn()
    expect(events(live.transport)).toEqual(told)
    const replay = await share(hub, { asked: asked('a', 'b'), lastEventId: start })
    expect(events(replay.transport)).toEqual(told)
  })

  it('gets the same when the broker is read', async () => {
    const hub = createHub({ broker: createMemoryBroker(), window: { entries: 1 } })
    await hub.ready
    const start = hub.position
    for (const [channels, data] of published) await hub.publish(channels, data)
    const { transport } = await share(hub, { asked: asked('a', 'b'), lastEventId: start })
    while (transport.data('message').length < told.length) await endOfTurn()
    expect(events(transport)).toEqual(told)
  })

  it('shares the bytes of an event with streams that are not shared', async () => {
    const { hub } = await hubWith()
    const plain = await share(hub, { asked: asked('a') }, false)
    const shared = [await share(hub, { asked: asked('a') }), await share(hub, { asked: asked('a') })]
    await hub.publish('a', '1')
    await endOfTurn()
    expect(plain.transport.events('sse.event')).toEqual([])
    expect(plain.transport.data('message')).toEqual(['1'])
    for (const { transport } of shared) {
      expect(events(transport)).toEqual([{ data: '1', channels: ['a'] }])
      expect(transport.writes).toBe(shared[0]!.transport.writes)
    }
  })

  it('is told which channels only its client asked for', async () => {
    const { hub } = await hubWith()
    const { transport, stream } = await share(hub, { asked: asked('a', 'own', 'secret') })
    await hub.changeChannels(stream.id, { subscribe: asked('b'), unsubscribe: ['a', 'own'] })
    const answers = transport.events('sse.channels').map(({ data }) => JSON.parse(data))
    expect(answers).toEqual([
      { channels: ['own', 'a'], refused: ['secret'], asked: ['a'] },
      { channels: ['own', 'b'], refused: [], asked: ['b'] },
    ])
  })

  it('has an event for all tabs once the app itself has subscribed to its channel', async () => {
    const { hub } = await hubWith()
    const { transport, stream } = await share(hub, { asked: asked('a') })
    await hub.publish('a', '1')
    stream.subscribe('a')
    await hub.publish('a', '2')
    await endOfTurn()
    expect(events(transport)).toEqual([{ data: '1', channels: ['a'] }, { data: '2' }])
    stream.unsubscribe('a')
    expect(hub.stats().channels).toBe(1)
  })

  it('is told its position when the replay is over', async () => {
    const { hub, start } = await hubWith(['own', '1'], ['elsewhere', '2'])
    const { transport } = await share(hub, { lastEventId: start })
    expect(transport.events().at(-1)).toMatchObject({ event: 'sse.ping', id: hub.position })
    const plain = await share(hub, { lastEventId: start }, false)
    expect(plain.transport.events('sse.ping')).toEqual([])
  })

  it('is refused channels beyond the maximum, and keeps the others', async () => {
    const { hub } = await hubWith()
    const { transport, stream } = await share(hub, { asked: asked('a', 'b', 'c'), maxChannels: 2 })
    expect(stream.closed).toBe(false)
    await hub.changeChannels(stream.id, { subscribe: asked('d', 'e'), unsubscribe: ['a'] })
    const answers = transport.events('sse.channels').map(({ data }) => JSON.parse(data))
    expect(answers).toEqual([
      { channels: ['own', 'a'], refused: ['c', 'b'], asked: ['a'] },
      { channels: ['own', 'd'], refused: ['e'], asked: ['d'] },
    ])
  })

  it('gives a poll the same', async () => {
    const { hub, start } = await hubWith(...published)
    const response = new KeptAnswer()
    hub
      .stream(createPoll(response, 0), { shared: true, asked: asked('a', 'b'), lastEventId: start })
      .subscribe('own')
    while (!response.document) await endOfTurn()
    const { events = [], channels, cursor } = response.document
    expect(
      events.map(({ event, data }) => (event === 'sse.event' ? JSON.parse(data).channels : data)),
    ).toEqual([...['1', ['a'], '2', ['a', 'b'], '3', ['a'], '4', '5']])
    expect(channels).toEqual({ channels: ['own', 'a', 'b'], refused: [], asked: ['a', 'b'] })
    expect(cursor).toBe(hub.position)
  })

  it('gets the channels of every event, whatever channels are joined and left meanwhile', async () => {
    const channel = fc.constantFrom('own', 'a', 'b', 'c')
    const action = fc.oneof(
      fc.record({ do: fc.constant('publish' as const), channels: fc.uniqueArray(channel, { minLength: 1 }) }),
      fc.record({ do: fc.constantFrom('ask', 'leave', 'app joins', 'app leaves', 'turn'), channel }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 40 }), async (actions) => {
        const { hub } = await hubWith()
        const { transport, stream } = await share(hub)
        const own = new Set(['own'])
        const askedByClient = new Set<string>()
        const due: { data: string; channels?: string[] }[] = []
        let number = 0
        for (const action of actions) {
          if (action.do === 'publish') {
            const data = String(++number)
            await hub.publish(action.channels, data)
            const mine = action.channels.filter((name) => own.has(name) || askedByClient.has(name))
            if (mine.some((name) => own.has(name))) due.push({ data })
            else if (mine.length > 0) due.push({ data, channels: mine })
            continue
          }
          const { channel } = action
          if (action.do === 'turn') await endOfTurn()
          else if (action.do === 'app joins') {
            stream.subscribe(channel)
            own.add(channel)
            askedByClient.delete(channel)
          } else if (action.do === 'app leaves') {
            stream.unsubscribe(channel)
            own.delete(channel)
            askedByClient.delete(channel)
          } else {
            const [subscribe, unsubscribe] = action.do === 'ask' ? [[channel], []] : [[], [channel]]
            await hub.changeChannels(stream.id, { subscribe: asked(...subscribe), unsubscribe })
            if (action.do === 'leave') askedByClient.delete(channel)
            else if (!own.has(channel)) askedByClient.add(channel)
          }
        }
        await endOfTurn()
        expect(events(transport)).toEqual(due)
        await hub.close()
      }),
      { numRuns: 300 },
    )
  })
})
