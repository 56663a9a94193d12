import { Redis } from 'ioredis'
import { createClient, createClientPool } from 'redis'
import { describe, expect, it } from 'vitest'
import { createRedisBroker, type RedisBrokerOptions } from './index.ts'

const client = createClient()

describe('createRedisBroker', () => {
  it.each<[string, unknown]>([
    ['options', undefined],
    ['client', {}],
    ['client', { client: 'redis://127.0.0.1' }],
    ['client', { client: { duplicate() {}, connect() {}, sendCommand() {}, on() {} } }],
    ['no pool', { client: createClientPool() }],
    ['no pool, pipeline', { client: new Redis({ lazyConnect: true }).pipeline() }],
    ['prefix', { client, prefix: '' }],
    ['prefix', { client, prefix: 'a}b' }],
    ['maxLength', { client, maxLength: 0 }],
    ['maxLength', { client, maxLength: 1.5 }],
    ['maxLength', { client, maxLength: Number.POSITIVE_INFINITY }],
    ['tail.entries', { client, tail: { entries: -1 } }],
    ['tail.bytes', { client, tail: { bytes: '1' } }],
    ['timeout', { client, timeout: 0 }],
    ['startTimeout', { client, startTimeout: Number.NaN }],
    ['tail', { client, tail: 5 }],
    ['Did you mean prefix?', { client, prefx: 'log' }],
    ['Did you mean tail.entries?', { client, tail: { entrys: 5 } }],
  ])('refuses what is no %s', (name, options) => {
    expect(() => createRedisBroker(options as RedisBrokerOptions)).toThrow(
      expect.objectContaining({ code: 'invalid-option', message: expect.stringContaining(name) }),
    )
  })

  it('connects nothing before it is used, and closes without', async () => {
    const broker = createRedisBroker({ client })
    expect(client.isOpen).toBe(false)
    await broker.close()
    await expect(broker.publish(['news'], { data: 'x' })).rejects.toMatchObject({ code: 'closed' })
  })
})
