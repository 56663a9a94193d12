import { expectTypeOf, test } from 'vitest'
import type { Hub, Published, PublishedInTransaction } from '../index.ts'

declare const hub: Hub<{ order: { item: string }; message: string }>
declare const client: { query(): void }

test('publish within a transaction resolves with a receipt, any other with an id', () => {
  const order = { item: 'x' }
  expectTypeOf(hub.publish('orders', order, { event: 'order', transaction: client })).toEqualTypeOf<
    Promise<PublishedInTransaction>
  >()
  expectTypeOf(hub.publish('orders', 'text', { transaction: client })).toEqualTypeOf<
    Promise<PublishedInTransaction>
  >()
  expectTypeOf(hub.publish('orders', order, { event: 'order' })).toEqualTypeOf<Promise<Published>>()
  expectTypeOf(hub.publish('orders', 'text')).toEqualTypeOf<Promise<Published>>()
  // @ts-expect-error the data is checked
  hub.publish('orders', { item: 1 }, { event: 'order', transaction: client })
  // @ts-expect-error a transaction is an object
  hub.publish('orders', order, { event: 'order', transaction: 'BEGIN' })
})
