import { describe, expect, it, test, vi } from 'vitest'
import { brokerCases, brokerConformance } from '../../src/testing/conformance/broker-conformance.ts'
import { flaws } from './planted-flaws.ts'
import { RemoteBroker, RemoteLog, remoteSubject } from './remote-broker.ts'

/** The one broker to which all can happen that can happen to any. */
brokerConformance({ describe, it }, remoteSubject)

const names = brokerCases(remoteSubject).map(({ name }) => name)
const least = {
  name: 'a broker to which nothing happens',
  exclusive: true,
  createLog: () => new RemoteLog(),
  connect: (log: RemoteLog) => new RemoteBroker(log),
}

describe('the conformance suite', () => {
  test.each(flaws)('notices a broker that $flaw', async ({ noticedBy, subject }) => {
    const cases = brokerCases(subject).filter(({ name }) => noticedBy.test(name))
    expect(cases, `there is no case ${noticedBy}`).not.toEqual([])
    for (const { name, run } of cases) await expect(run(), name).rejects.toThrow()
  })

  it('has no case that cannot fail', () => {
    expect(names.filter((name) => !flaws.some(({ noticedBy }) => noticedBy.test(name)))).toEqual([])
    expect(new Set(names).size).toBe(names.length)
  })

  it('leaves out what cannot be tried, and never has two brokers on an exclusive log', async () => {
    const names = brokerCases(least).map(({ name }) => name)
    expect(names).toContain('read goes on from every position, in pages of any size')
    expect(names).not.toContain('a key holds for all brokers of the log')
    expect(names).not.toContain('a restart frees no key')
    const connected = new Map<RemoteLog, number>()
    const connect = (log: RemoteLog) => {
      connected.set(log, (connected.get(log) ?? 0) + 1)
      return new RemoteBroker(log)
    }
    for (const { run } of brokerCases({ ...least, connect })) await run()
    expect(new Set(connected.values())).toEqual(new Set([1]))
  })

  it('runs every case on a log of its own, and takes it away, also when the case fails', async () => {
    const createLog = vi.fn(() => new RemoteLog())
    const destroyLog = vi.fn((log: RemoteLog) => expect(log.brokers.size).toBe(0))
    const subject = { ...remoteSubject, createLog, destroyLog }
    const failing = { ...subject, trim: () => Promise.reject(new Error('the store is gone')) }
    for (const { run } of brokerCases(failing)) await run().catch(() => {})
    const logs = createLog.mock.results.map(({ value }) => value)
    expect(new Set(destroyLog.mock.calls.map(([log]) => log))).toEqual(new Set(logs))
    expect(destroyLog).toHaveBeenCalledTimes(logs.length)
  })

  it('tells what went wrong first when cleaning up fails as well', async () => {
    const broken = { ...least, connect: () => Promise.reject(new Error('no connection')) }
    const subject = { ...broken, destroyLog: () => Promise.reject(new Error('no such log')) }
    await expect(brokerCases(subject)[0]!.run()).rejects.toThrow('no connection')
    const untidy = { ...least, destroyLog: () => Promise.reject(new Error('no such log')) }
    await expect(brokerCases(untidy)[0]!.run()).rejects.toThrow('no such log')
  })

  it('asks of a test runner no more than describe and it', () => {
    const told: string[] = []
    const runner = {
      describe: (name: string, body: () => void) => {
        told.push(name)
        body()
      },
      it: (name: string) => told.push(name),
    }
    brokerConformance(runner, remoteSubject)
    expect(told).toEqual([remoteSubject.name, ...names])
  })
})
