import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { opening } from '../stream/opening.test-kit.ts'
import { RecordingTransport } from '../stream/recording-transport.test-kit.ts'
import { createHub } from './hub.ts'

const notification = v.object({
  title: v.pipe(v.string(), v.minLength(1)),
  at: v.pipe(v.string(), v.toDate()),
})
const events = { notification }

async function hubWithStream(map: Parameters<typeof createHub>[0] = { events }) {
  const hub = createHub(map)
  const transport = new RecordingTransport()
  hub.stream(transport).subscribe('a')
  await opening()
  return { hub, transport }
}

describe('a hub with schemas', () => {
  it('publishes the output of the schema', async () => {
    const { hub, transport } = await hubWithStream()
    await hub.publish('a', { title: 'Hi', at: '2026-11-21', extra: 1 }, { event: 'notification' })
    expect(transport.data('notification')).toEqual(['{"title":"Hi","at":"2026-11-21T00:00:00.000Z"}'])
  })

  it('rejects invalid data with the issues, and publishes nothing', async () => {
    const { hub } = await hubWithStream()
    const value = { title: '', at: 7 }
    const error = await hub.publish('a', value, { event: 'notification' }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'invalid-data',
      value,
      message: expect.stringMatching(
        /^\{"title":"","at":7\} is not valid data for the event "notification": .* at title; .* at at\.$/,
      ),
    })
    expect((error as { issues: unknown[] }).issues).toHaveLength(2)
    expect(hub.stats()).toMatchObject({ published: 0, entries: 0 })
  })

  it.each(['notificaton', 'toString', '__proto__'])(
    'rejects %s, which has no schema, and names those there are',
    async (event) => {
      const { hub } = await hubWithStream()
      await expect(hub.publish('a', 1, { event })).rejects.toMatchObject({
        code: 'invalid-event',
        message: `"${event}" has no schema: publish "notification", or add it to events.`,
      })
    },
  )

  it('accepts any data for an event without a name, unless `message` has a schema', async () => {
    const { hub, transport } = await hubWithStream()
    await hub.publish('a', 'text')
    expect(transport.data('message')).toEqual(['text'])
    const strict = createHub({ events: { message: v.number() } })
    await expect(strict.publish('a', 'text' as never)).rejects.toMatchObject({ code: 'invalid-data' })
  })

  it('waits for a schema that returns a thenable', async () => {
    const lazy = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (value: unknown) => ({
          // biome-ignore lint/suspicious/noThenProperty: the test needs a thenable
          then: (resolve: (result: { value: unknown }) => void) => resolve({ value: `${value}!` }),
        }),
      },
    }
    const { hub, transport } = await hubWithStream({ events: { note: lazy as never } })
    await hub.publish('a', 'x', { event: 'note' })
    expect(transport.data('note')).toEqual(['x!'])
  })

  it('rejects when a schema does not return a result', async () => {
    const broken = { '~standard': { version: 1, vendor: 'test', validate: () => undefined } }
    const { hub } = await hubWithStream({ events: { note: broken as never } })
    await expect(hub.publish('a', 'x', { event: 'note' })).rejects.toMatchObject({ code: 'invalid-data' })
  })

  it('waits for an asynchronous schema', async () => {
    const slow = v.pipeAsync(
      v.string(),
      v.checkAsync(async (text) => text !== 'bad', 'not this'),
    )
    const { hub, transport } = await hubWithStream({ events: { slow } })
    await hub.publish('a', 'good', { event: 'slow' })
    await expect(hub.publish('a', 'bad', { event: 'slow' })).rejects.toMatchObject({ code: 'invalid-data' })
    expect(transport.data('slow')).toEqual(['good'])
  })

  it('keeps the order of calls if no schema is asynchronous', async () => {
    const { hub, transport } = await hubWithStream()
    const at = '2026-11-21'
    await Promise.all([
      hub.publish('a', { title: '1', at }, { event: 'notification' }),
      hub.publish('a', '2'),
      hub.publish('a', { title: '3', at }, { event: 'notification' }),
    ])
    expect(
      transport
        .events()
        .slice(1)
        .map(({ event }) => event),
    ).toEqual(['notification', 'message', 'notification'])
  })

  it('refuses at once a value that is not a schema', () => {
    expect(() => createHub({ events: { tick: {} as never } })).toThrow(
      /events\.tick is not a Standard Schema/,
    )
  })
})
