import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { createPostgresBroker, type PostgresBrokerOptions, postgresSchema } from './index.ts'

const pool = new pg.Pool()

describe('createPostgresBroker', () => {
  it.each<[string, unknown]>([
    ['options', undefined],
    ['pool', {}],
    ['pool', { pool: 'postgres://127.0.0.1' }],
    ['pool', { pool: new pg.Client() }],
    ['max 2 or more', { pool: new pg.Pool({ max: 1 }) }],
    ['listen', { pool, listen: true }],
    ['schema', { pool, schema: '' }],
    ['schema', { pool, schema: 'a"b' }],
    ['migrate', { pool, migrate: 'no' }],
    ['keep.entries', { pool, keep: { entries: 0 } }],
    ['keep.entries', { pool, keep: { entries: 1.5 } }],
    ['keep.age', { pool, keep: { age: -1 } }],
    ['tail.entries', { pool, tail: { entries: -1 } }],
    ['poll.polling', { pool, poll: { polling: 0 } }],
    ['timeout', { pool, timeout: Number.NaN }],
    ['Did you mean schema?', { pool, schma: 'log' }],
    ['Did you mean keep.entries?', { pool, keep: { entrys: 5 } }],
  ])('refuses what is no %s', (name, options) => {
    expect(() => createPostgresBroker(options as PostgresBrokerOptions)).toThrow(
      expect.objectContaining({ code: 'invalid-option', message: expect.stringContaining(name) }),
    )
  })

  it('connects nothing before it is started, and closes without', async () => {
    const broker = createPostgresBroker({ pool })
    await expect(broker.publish(['news'], { data: 'x' })).rejects.toMatchObject({ code: 'not-ready' })
    await broker.close()
    await expect(broker.publish(['news'], { data: 'x' })).rejects.toMatchObject({ code: 'closed' })
    expect([pool.totalCount, pool.listenerCount('error')]).toEqual([0, 0])
  })

  it('takes a pool of max 1 if it does not listen by it', () => {
    createPostgresBroker({ pool: new pg.Pool({ max: 1 }), listen: false })
    createPostgresBroker({ pool: new pg.Pool({ max: 1 }), listen: pool })
  })
})

describe('postgresSchema', () => {
  it('names the schema, and refuses what is no name of one', () => {
    expect(postgresSchema('events')).toContain('CREATE SCHEMA IF NOT EXISTS "events"')
    expect(() => postgresSchema('x; DROP TABLE orders')).toThrow(
      expect.objectContaining({ code: 'invalid-option' }),
    )
  })
})
