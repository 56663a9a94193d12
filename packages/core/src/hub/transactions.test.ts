import { describe, expect, it, onTestFinished } from 'vitest'
import type { Broker } from '../log/broker.ts'
import { createMemoryBroker } from '../log/memory-broker.ts'
import { wrapped } from '../log/wrapped-broker.test-kit.ts'
import { createHub } from './hub.ts'

async function startHub(calls: Partial<Broker> = {}, options = {}) {
  const errors: unknown[] = []
  const hub = createHub({
    broker: wrapped(createMemoryBroker(), calls),
    onError: (error) => errors.push(error),
    ...options,
  })
  onTestFinished(() => hub.close())
  await hub.ready
  return { hub, errors }
}

const transaction = { of: 'the app' }

describe('publish within a transaction', () => {
  it('passes the transaction and the checked message to the broker, and resolves with the receipt', async () => {
    const calls: unknown[] = []
    const { hub } = await startHub({
      publishIn: async (...args) => {
        calls.push(args)
        return { receipt: 'r', duplicate: false }
      },
      idOf: async (receipt) => `id of ${receipt}`,
    })
    const { receipt, duplicate } = await hub.publish(
      'a',
      { x: 1 },
      { event: 'e', transaction, idempotencyKey: 'k' },
    )
    expect([receipt, duplicate]).toEqual(['r', false])
    expect(calls).toEqual([
      [transaction, ['a'], { event: 'e', data: '{"x":1}' }, { idempotencyKey: 'k', record: undefined }],
    ])
    expect(await hub.idOf(receipt)).toBe('id of r')
    expect(hub.stats().published).toBe(1)
  })

  it('is refused by a broker that cannot, with the way out', async () => {
    const { hub } = await startHub()
    const refusal = { code: 'invalid-option', message: expect.stringContaining('@sse/postgres') }
    await expect(hub.publish('a', 1, { transaction })).rejects.toMatchObject(refusal)
    await expect(hub.idOf('r')).rejects.toMatchObject(refusal)
    expect(hub.stats().refusedPublishes).toEqual({ 'invalid-option': 1 })
  })

  it.each([['text'], [1], [null], [true]])('refuses %s as a transaction', async (value) => {
    const { hub } = await startHub()
    const publishing = hub.publish('a', 1, { transaction: value as never })
    await expect(publishing).rejects.toMatchObject({ code: 'invalid-option', value })
  })

  it('is not volatile', async () => {
    const { hub } = await startHub()
    const publishing = hub.publish('a', 1, { transaction, volatile: true } as never)
    await expect(publishing).rejects.toMatchObject({ code: 'invalid-option', value: transaction })
  })

  it('checks the data before it asks the broker', async () => {
    const { hub } = await startHub({
      publishIn: () => Promise.reject(new Error('asked')),
      idOf: async () => '',
    })
    await expect(hub.publish('a', 'x'.repeat(70_000), { transaction })).rejects.toMatchObject({
      code: 'event-too-large',
    })
  })

  it('tells an error that nothing awaits', async () => {
    const failure = new Error('of the database')
    const { hub, errors } = await startHub({ publishIn: () => Promise.reject(failure), idOf: async () => '' })
    hub.publish('a', 1, { transaction })
    await expect.poll(() => errors).toEqual([failure])
  })
})
