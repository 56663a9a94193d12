import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import { type CrowdCount, type PerTransport, perTransport } from '../../shared/lab.ts'
import type { CrowdOrder, CrowdReport } from './messages.ts'

/** More clients: real ones, in a process of their own, over the same lines as the pages. */
export interface Crowd {
  /** How many there are to be on each transport. */
  readonly size: number
  want(wanted: Wanted): void
  counts(): PerTransport<CrowdCount>
  reset(): void
  close(): void
}

interface Wanted {
  readonly clients: number
  readonly interval: number
}

const none = () => perTransport((): CrowdCount => ({ open: 0, received: 0, missed: 0, repeated: 0 }))

/** The process starts when clients are wanted for the first time. */
export function createCrowd(ports: PerTransport<number>): Crowd {
  let wanted: Wanted = { clients: 0, interval: 1000 }
  let child: ChildProcess | undefined
  let counts = none()

  function start(): ChildProcess {
    const started = fork(join(import.meta.dirname, 'main.ts'), {
      execArgv: ['--conditions=@sse/source'],
    })
    started.on('message', (message) => {
      counts = (message as CrowdReport).counts
    })
    started.on('error', console.error)
    started.once('exit', () => {
      if (child !== started) return
      // The next call of `want` starts another one.
      child = undefined
      counts = none()
    })
    return started
  }

  function tell(order: CrowdOrder): void {
    if (child?.connected) child.send(order)
  }

  return {
    get size() {
      return wanted.clients
    },
    want(next) {
      wanted = next
      if (wanted.clients > 0) child ??= start()
      tell({ type: 'want', ...wanted, ports })
    },
    counts: () => counts,
    reset() {
      counts = none()
      tell({ type: 'reset' })
    },
    close() {
      const leaving = child
      child = undefined
      leaving?.kill()
    },
  }
}
