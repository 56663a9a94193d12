import { describe, expect, it } from 'vitest'
import { endOfTurn } from '../../end-of-turn.ts'
import { createHub } from '../../hub/hub.ts'
import type { Hub } from '../../hub/types.ts'
import { opening } from '../opening.test-kit.ts'
import { RecordingTransport } from '../recording-transport.test-kit.ts'
import { authorizeAsked } from './asked-channels.ts'

/** A stream on `news` whose client asks for further channels. */
async function asking(hub: Hub, names: readonly string[], options: object = {}) {
  const transport = new RecordingTransport()
  const stream = hub
    .stream(transport, { asked: { names, authorize: (name) => !name.startsWith('secret') }, ...options })
    .subscribe('news')
  await opening()
  await endOfTurn()
  return { transport, stream }
}

async function hubWith(...events: readonly (readonly [channel: string, data: string])[]) {
  const hub = createHub()
  await hub.ready
  const start = hub.position
  for (const [channel, data] of events) await hub.publish(channel, data)
  return { hub, start }
}

const told = (transport: RecordingTransport) =>
  transport.events('sse.channels').map(({ data }) => JSON.parse(data))

describe('channels that a client asks for when it connects', () => {
  it('are replayed from its cursor together with those of the app, if it may read them', async () => {
    const { hub, start } = await hubWith(['news', '1'], ['topic:vue', '2'], ['secret', '3'])
    const { transport } = await asking(hub, ['topic:vue', 'secret'], { lastEventId: start })
    expect(transport.data('message')).toEqual(['1', '2'])
  })

  it('are confirmed by sse.channels after sse.open, at the same position', async () => {
    const { hub } = await hubWith(['news', '1'])
    const { transport } = await asking(hub, ['topic:vue', 'secret'])
    const [open, channels] = transport.events()
    expect([open?.event, channels?.event]).toEqual(['sse.open', 'sse.channels'])
    expect(channels?.id).toBe(hub.position)
    expect(told(transport)).toEqual([{ channels: ['news', 'topic:vue'], refused: ['secret'] }])
  })

  it('are not confirmed to a client that asks for none', async () => {
    const { hub } = await hubWith()
    const transport = new RecordingTransport()
    hub.stream(transport).subscribe('news')
    await opening()
    expect(told(transport)).toEqual([])
  })

  it('may be the only channels of a stream: subscribe([])', async () => {
    const { hub, start } = await hubWith(['topic:vue', '1'])
    const transport = new RecordingTransport()
    const asked = { names: ['topic:vue'], authorize: async () => true }
    hub.stream(transport, { asked, lastEventId: start }).subscribe([])
    await opening()
    await endOfTurn()
    expect(transport.data('message')).toEqual(['1'])
  })

  it('are authorized before anything is read, and sent events do not wait for that', async () => {
    const { hub, start } = await hubWith(['news', '1'])
    const decision = Promise.withResolvers<boolean>()
    const asked = { names: ['topic:vue'], authorize: () => decision.promise }
    const { transport, stream } = await asking(hub, [], { asked, lastEventId: start })
    expect(transport.state).toBe('idle')
    stream.send('now', { event: 'beside' })
    await hub.publish('topic:vue', '2')
    expect(transport.events().map(({ event }) => event)).toEqual(['beside'])
    decision.resolve(true)
    await endOfTurn()
    expect(transport.data('message')).toEqual(['1', '2'])
  })

  it('are refused beyond the maximum', async () => {
    const { hub } = await hubWith()
    const { transport } = await asking(hub, ['a', 'b', 'news', 'c'], { maxChannels: 4 })
    expect(told(transport)).toEqual([{ channels: ['news', 'a', 'b', 'c'], refused: [] }])
    const other = await asking(hub, ['a', 'b'], { maxChannels: 2 })
    expect(told(other.transport)).toEqual([{ channels: ['news', 'a'], refused: ['b'] }])
  })

  it.each([
    ['are more than a stream may have', ['a', 'b', 'c'], '3 channels'],
    ['are no channels', ['sse:control'], '"sse:control"'],
  ])('are a bad request when they %s', async (_, names, message) => {
    const { hub } = await hubWith()
    const { transport, stream } = await asking(hub, names, { maxChannels: 2 })
    expect(transport.refusal).toMatchObject({ status: 400, detail: expect.stringContaining(message) })
    expect(stream.signal.reason).toMatchObject({ name: 'AbortError', code: 'refused' })
    expect(hub.stats()).toMatchObject({ refused: 1, errors: 0, streams: 0 })
  })

  it('make the client reconnect when they cannot be authorized', async () => {
    const errors: unknown[] = []
    const hub = createHub({ onError: (error) => errors.push(error) })
    const asked = {
      names: ['a'],
      authorize: () => {
        throw new Error('database down')
      },
    }
    const { transport } = await asking(hub, [], { asked, retry: [700, 700] })
    expect(transport.refusal).toMatchObject({ status: 503, retry: 700 })
    expect(errors).toMatchObject([{ message: 'database down' }])
  })

  it('end a stream that `send` has opened, with a time to reconnect', async () => {
    const hub = createHub({ onError: () => {} })
    const transport = new RecordingTransport()
    const asked = { names: ['a'], authorize: () => Promise.reject(new Error('database down')) }
    const stream = hub.stream(transport, { asked, retry: [700, 700] }).subscribe('news')
    stream.send('now')
    await opening()
    await endOfTurn()
    expect(transport.data('sse.close').map((data) => JSON.parse(data))).toEqual([
      { reconnect: 700, reason: 'refused' },
    ])
    expect(transport.state).toBe('ended')
  })

  it('are dropped when the client leaves meanwhile', async () => {
    const { hub } = await hubWith()
    const decision = Promise.withResolvers<boolean>()
    const { transport } = await asking(hub, [], {
      asked: { names: ['a'], authorize: () => decision.promise },
    })
    transport.leave()
    decision.resolve(true)
    await endOfTurn()
    expect(transport.items).toEqual([])
    expect(hub.stats()).toMatchObject({ streams: 0, channels: 0, opened: 0 })
  })
})

describe('authorizeAsked', () => {
  const names = Array.from({ length: 64 }, (_, index) => `room:${index}`)

  /** An `authorize` whose promises the test resolves. */
  function waiting() {
    const questions: PromiseWithResolvers<boolean>[] = []
    const authorize = () => {
      const question = Promise.withResolvers<boolean>()
      questions.push(question)
      return question.promise
    }
    return { questions, authorize }
  }

  it('grants only by true, because another truthy value may be the error of a database', async () => {
    const answers: Record<string, unknown> = { a: true, b: { error: 'no such room' }, c: 1, d: 'yes', e: [] }
    const authorize = async (name: string) => answers[name] as boolean
    expect(await authorizeAsked({ names: [...'abcde'], authorize })).toEqual({
      granted: ['a'],
      refused: ['b', 'c', 'd', 'e'],
    })
  })

  it('authorizes a few channels at a time', async () => {
    const { questions, authorize } = waiting()
    const decision = authorizeAsked({ names, authorize })
    expect(questions.length).toBeLessThanOrEqual(8)
    for (let answered = 0; answered < names.length; answered++) {
      await endOfTurn()
      expect(questions.length - answered).toBeLessThanOrEqual(8)
      questions[answered]?.resolve(true)
    }
    expect(await decision).toEqual({ granted: names, refused: [] })
  })

  it('stops once the client has left', async () => {
    const { questions, authorize } = waiting()
    let left = false
    const decision = authorizeAsked({ names, authorize }, { abandoned: () => left })
    const asked = questions.length
    left = true
    for (const { resolve } of questions) resolve(true)
    expect((await decision).granted).toHaveLength(asked)
    expect(questions).toHaveLength(asked)
  })

  it('stops once a call has failed', async () => {
    const { questions, authorize } = waiting()
    const decision = authorizeAsked({ names, authorize })
    const asked = questions.length
    questions[0]?.reject(new Error('database down'))
    await expect(decision).rejects.toThrow('database down')
    for (const { resolve } of questions) resolve(true)
    await endOfTurn()
    expect(questions).toHaveLength(asked)
  })
})
