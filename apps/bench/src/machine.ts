import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os'

/** Where the figures come from: they are worth little without. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  /** Bytes. */
  readonly memory: number
  readonly system: string
  readonly kernel: string
  readonly node: string
  /** Open files that a process may have. */
  readonly files: number
  /** How busy it was before the run, over the last minute: 0 is idle. */
  readonly load: number
}

export function thisMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? '?',
    cores: availableParallelism(),
    memory: totalmem(),
    system: type(),
    kernel: release(),
    node: process.version,
    files: openFiles(),
    load: Math.round(100 * (loadavg()[0] ?? 0)) / 100,
  }
}

/** One line: `Intel Xeon, 2 cores, 24 GB, Linux 6.1, Node v24.1.0`. */
export function sayMachine({ cpu, cores, memory, system, kernel, node }: Machine): string {
  const model = cpu.replace(/\((R|TM)\)/g, '').replace(/\s+/g, ' ')
  return `${model}, ${cores} cores, ${Math.round(memory / 1e9)} GB, ${system} ${kernel}, Node ${node}`
}

/** Node raises the soft limit to the hard one when it starts, so that is what counts. */
function openFiles(): number {
  try {
    const limit = /^Max open files\s+\S+\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
    return limit === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(limit ?? 0)
  } catch {
    return 10_240
  }
}
