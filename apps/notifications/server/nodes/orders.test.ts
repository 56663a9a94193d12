import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from '@sse/testbed'
import { expect, onTestFinished, test } from 'vitest'
import { openDatabase } from '../database/database.ts'
import { doWork } from '../database/work.ts'
import { createOrders, type Order } from './orders.ts'

test('an order is carried out once by every process that shares the database, and by none that comes later', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'herald-orders-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const enter = () => {
    const database = openDatabase(join(folder, 'shared.sqlite'))
    const done: Order[] = []
    return {
      database,
      done,
      orders: createOrders(
        async (work) => doWork(database, work),
        (order) => done.push(order),
      ),
    }
  }
  const [first, second] = [enter(), enter()]
  const orders: Order[] = [
    { what: 'cut', session: 's' },
    { what: 'drain', seconds: 3 },
  ]
  for (const order of orders) await first.orders.give(order)
  expect(first.done).toEqual(orders)
  await until(() => second.done.length === 2)
  expect(second.done).toEqual(orders)

  const third = enter()
  await second.orders.give({ what: 'refuse', session: 's', seconds: 1 })
  await until(() => first.done.length === 3 && third.done.length === 1)
  expect([first, second, third].map(({ done }) => done.length)).toEqual([3, 3, 1])
  // What closes its database looks no more, and nothing is thrown.
  for (const { database } of [first, second, third]) database.close()
})
