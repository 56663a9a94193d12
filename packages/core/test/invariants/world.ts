import { Breach } from '@sse/testbed/ledger'
import type { Scheduler } from 'fast-check'
import { createHub } from '../../src/hub/hub.ts'
import type { Hub } from '../../src/hub/types.ts'
import { ScheduledBroker, Unreachable } from './scheduled-broker.ts'
import type { Processes } from './script.ts'
import { SharedLog } from './shared-log.ts'
import type { Meets } from './situations.ts'

/** A process that clients connect to. */
export interface Server {
  readonly broker: ScheduledBroker
  readonly hub: Hub
  /** Where the hub stands, as far as its broker has handed the log over. */
  readonly handed: string
}

/** What a run takes place in. */
export interface World {
  readonly scheduler: Scheduler
  readonly log: SharedLog
  readonly servers: readonly Server[]
  /** The promises that were not kept, in the order in which that was seen. */
  readonly breaches: Breach[]
  readonly meets: Meets
}

export function createWorld(script: Processes, scheduler: Scheduler, meets: Meets): World {
  const breaches: Breach[] = []
  const log = new SharedLog(script.log)
  for (let n = 0; n < script.before; n++) log.append([n % 2 ? 'a' : 'b'], { data: 'x' })
  const servers = Array.from({ length: script.servers }, () => {
    const broker = new ScheduledBroker(log, scheduler, script.broker, meets)
    const hub = createHub({
      broker,
      heartbeat: 0,
      channel: (name) => ({ records: name.startsWith('records') }),
      window: { entries: script.window },
      random: () => 0.5,
      onError: (error) => {
        if (!(error instanceof Unreachable)) breaches.push(surprise(error))
      },
      onStream: (event) => {
        if (event.type === 'gap') meets(`a gap: ${event.reason}`)
        else if (event.type === 'close') meets(`a stream that ends: ${event.reason}`)
      },
    })
    return {
      broker,
      hub,
      get handed() {
        return log.standing(broker.handed)
      },
    }
  })
  return { scheduler, log, servers, breaches, meets }
}

/** What nobody should have thrown. */
export function surprise(error: unknown): Breach {
  return new Breach('no surprise', error instanceof Error ? (error.stack ?? error.message) : String(error))
}
