import * as nodeTest from 'node:test'
import * as vitest from 'vitest'
import type { Broker } from '../../log/broker.ts'
import { type BrokerCase, brokerCases, brokerConformance } from './broker-conformance.ts'

declare const broker: Broker

const { expectTypeOf, test } = vitest

test('the suite runs on any test runner that has describe and it', () => {
  const subject = { name: 'mine', createLog: () => 'prefix', connect: () => broker }
  brokerConformance({ describe: nodeTest.describe, it: nodeTest.it }, subject)
  brokerConformance(nodeTest, subject)
  brokerConformance({ describe: vitest.describe, it: vitest.it }, subject)
  brokerConformance(vitest, subject)
})

test('the methods of a subject share what createLog answers', () => {
  const cases = brokerCases({
    name: 'mine',
    createLog: async () => ({ prefix: 'test:', time: 0 }),
    connect: (log) => {
      expectTypeOf(log).toEqualTypeOf<{ prefix: string; time: number }>()
      return broker
    },
    trim: async ({ prefix }, keep) => {
      expectTypeOf(prefix).toBeString()
      expectTypeOf(keep).toBeNumber()
    },
    interrupt: (log, connected) => {
      expectTypeOf(log.time).toBeNumber()
      expectTypeOf(connected).toEqualTypeOf<Broker>()
      return () => {}
    },
  })
  expectTypeOf(cases).toEqualTypeOf<BrokerCase[]>()
})
