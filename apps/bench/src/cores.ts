import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Which core the server has to itself, and which the load and this command share. */
export interface Cores {
  readonly server: number
  readonly load: number
}

/** Two cores that this process may run on; `undefined` where there are not two, or no `taskset` to pin to them. */
export function findCores(): Cores | undefined {
  const [load, server] = allowedCores()
  if (load === undefined || server === undefined || !hasTaskset()) return undefined
  return { server, load }
}

/** The command line that runs a program on these cores. `taskset` becomes the program: same process, same pipes. */
export function pinned(cores: readonly number[], command: readonly string[]): [string, ...string[]] {
  const [program = process.execPath, ...args] = command
  return cores.length === 0
    ? [program, ...args]
    : ['taskset', '--cpu-list', cores.join(','), program, ...args]
}

/** Moves this process to the load's core, so that it takes nothing of the server's. */
export function leaveServerCore({ load }: Cores): void {
  spawnSync('taskset', ['--all-tasks', '--cpu-list', '--pid', String(load), String(process.pid)])
}

function hasTaskset(): boolean {
  return spawnSync('taskset', ['--version']).status === 0
}

/** Linux writes them as `0-3,6`. */
function allowedCores(): number[] {
  try {
    const list = /^Cpus_allowed_list:\s*(.+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? ''
    return list.split(',').flatMap((part) => {
      const [first = 0, last = first] = part.split('-').map(Number)
      return Array.from({ length: last - first + 1 }, (_, index) => first + index)
    })
  } catch {
    return []
  }
}
