import { brokerConformance } from '@sse/core/testing'
import { describe, it, vi } from 'vitest'
import { type LogHost, type LogKind, RemoteBroker, RemoteLog } from '../src/log/remote-log.ts'

interface Subject {
  readonly log: RemoteLog
  readonly host: LogHost & { ahead: number }
}

/** The real servers run the same suite in their packages. */
for (const kind of ['redis', 'postgres'] satisfies LogKind[]) {
  brokerConformance(
    { describe, it },
    {
      name: `the model of ${kind}`,
      records: true,
      createLog(): Subject {
        const host = {
          ahead: 0,
          now: () => performance.now() + host.ahead,
          random: Math.random,
          later: (delay: number, run: () => void) => void setTimeout(run, delay),
        }
        return { log: new RemoteLog(kind, host), host }
      },
      connect: ({ log }) => new RemoteBroker(log, undefined, 100),
      advance({ host }, milliseconds) {
        host.ahead += milliseconds
      },
      async trim({ log }, keep) {
        // On a busy machine an entry may still be on its way, and would rightly be missed.
        await vi.waitUntil(() => log.isDelivered)
        log.trim(keep)
      },
      restart: () => {},
      reset: ({ log }) => log.reset(),
      loseTail: ({ log }, count) => void log.loseTail(count),
      interrupt(_, broker) {
        if (!(broker instanceof RemoteBroker)) throw new TypeError('no such broker')
        broker.cut()
        return () => broker.mend()
      },
    },
  )
}
