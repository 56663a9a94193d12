import type { BrokerSubject } from './broker-subject.ts'
import { closeCases } from './close-cases.ts'
import type { ConformanceCase } from './conformance-case.ts'
import { contentCases } from './content-cases.ts'
import { cursorCases } from './cursor-cases.ts'
import { endedCases } from './ended-cases.ts'
import { idCases } from './id-cases.ts'
import { idempotencyCases } from './idempotency-cases.ts'
import { interruptionCases } from './interruption-cases.ts'
import { meets } from './need.ts'
import { persistenceCases } from './persistence-cases.ts'
import { publishCases } from './publish-cases.ts'
import { readCases } from './read-cases.ts'
import { recordCases } from './record-cases.ts'
import { recordLimitCases } from './record-limit-cases.ts'
import { retentionCases } from './retention-cases.ts'
import { signalCases } from './signal-cases.ts'
import { startCases } from './start-cases.ts'
import { Trial } from './trial.ts'

/** Something that every broker promises. */
export interface BrokerCase {
  /** The promise, as a sentence. */
  readonly name: string
  /** Resolves when it is kept. @throws (rejected) an `AssertionError` when it is not */
  run(): Promise<void>
}

/** What of a test runner is needed: `node:test`, Vitest, Jest and Mocha have it. */
export interface TestRunner {
  describe(name: string, body: () => void): unknown
  it(name: string, body: () => Promise<void>): unknown
}

const all: readonly ConformanceCase[] = [
  ...startCases,
  ...idCases,
  ...publishCases,
  ...contentCases,
  ...idempotencyCases,
  ...readCases,
  ...cursorCases,
  ...retentionCases,
  ...persistenceCases,
  ...interruptionCases,
  ...recordCases,
  ...recordLimitCases,
  ...endedCases,
  ...signalCases,
  ...closeCases,
]

/** What the port `Broker` promises, as cases to run one by one: all that can be tried with what can be done to such a log. */
export function brokerCases<Log>(subject: BrokerSubject<Log>): BrokerCase[] {
  return all
    .filter(({ needs = [] }) => needs.every((need) => meets(subject, need)))
    .map((one) => ({ name: one.name, run: () => Trial.run(subject, one) }))
}

/**
 * Tests that a broker keeps what the port `Broker` promises; call it in a test file.
 *
 * ```ts
 * import { describe, it } from 'node:test'
 *
 * brokerConformance({ describe, it }, {
 *   name: 'my broker',
 *   createLog: () => `test:${randomUUID()}`,
 *   connect: (prefix) => createMyBroker({ prefix }),
 *   trim: (prefix, keep) => store.keepNewest(prefix, keep),
 *   destroyLog: (prefix) => store.drop(prefix),
 * })
 * ```
 */
export function brokerConformance<Log>({ describe, it }: TestRunner, subject: BrokerSubject<Log>): void {
  describe(subject.name, () => {
    for (const { name, run } of brokerCases(subject)) it(name, run)
  })
}
