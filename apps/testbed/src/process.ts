import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** With it a server of an app starts in half of the processor time. `pnpm test` sets the variable. */
const preload = process.env['NODE_COMPILE_CACHE']
  ? [`--import=${new URL('flush-compile-cache.ts', import.meta.url).href}`]
  : []

export interface StartOptions {
  /** Matches the output once the process is ready, such as the address that it listens on. `/^/`: it is ready once it was spawned. */
  readonly ready: RegExp
  /** Added to the environment of the test. `undefined` removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  /** A listening socket that it inherits as descriptor 3, with `LISTEN_FDS=1`, as from systemd. */
  readonly socket?: { readonly descriptor: number } | undefined
  /** Milliseconds until it must be ready. Default 60,000. */
  readonly timeout?: number
}

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A process of the test, and all processes that it has started. */
export interface RunningProcess {
  readonly pid: number
  /** Everything that it has written to stdout and stderr. */
  readonly output: string
  /** The match of `ready`, with its groups. */
  readonly ready: RegExpMatchArray
  readonly exited: Promise<Exit>
  /** Sends a signal (default SIGTERM) to it and to what it has started, and waits for the end. Does nothing after the end. */
  kill(signal?: NodeJS.Signals): Promise<Exit>
}

/**
 * Starts a process and waits until it is ready. It leads a process group, so that a signal also reaches a server behind `pnpm`. What still
 * runs when the test process ends is killed.
 *
 * @throws Error with the output if the process ends, or the timeout is over, before it is ready
 */
export async function startProcess(
  command: string,
  args: readonly string[],
  { ready, env, cwd, socket, timeout = 60_000 }: StartOptions,
): Promise<RunningProcess> {
  const child = spawn(command, command === process.execPath ? [...preload, ...args] : args, {
    cwd,
    env: { ...process.env, ...(socket && { LISTEN_FDS: '1' }), ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', ...(socket ? [socket.descriptor] : [])],
  })
  await once(child, 'spawn')
  const pid = child.pid as number
  const exited = once(child, 'close').then(([code, signal]): Exit => ({ code, signal }))
  killAtExit(pid, exited)

  let output = ''
  let match = output.match(ready)
  const matched = Promise.withResolvers<RegExpMatchArray>()
  if (match) matched.resolve(match)
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text
      match ??= output.match(ready)
      if (match) matched.resolve(match)
    })
  }
  void exited.then(({ code, signal }) => matched.reject(`ended with ${signal ?? code} before it was ready`))
  const timer = setTimeout(() => matched.reject(`not ready after ${timeout} ms`), timeout)
  try {
    await matched.promise
  } catch (reason) {
    signalGroup(pid, 'SIGKILL')
    throw new Error(`${[command, ...args].join(' ')}: ${reason}\n${output}`)
  } finally {
    clearTimeout(timer)
  }
  return {
    pid,
    get output() {
      return output
    },
    ready: await matched.promise,
    exited,
    kill: (signal = 'SIGTERM') => {
      if (running.has(pid)) signalGroup(pid, signal)
      return exited
    },
  }
}

/** Process groups whose output is still open: one of their processes lives. */
const running = new Set<number>()
let isWatching = false

function killAtExit(pid: number, exited: Promise<Exit>): void {
  running.add(pid)
  void exited.finally(() => running.delete(pid))
  if (isWatching) return
  isWatching = true
  const killAll = () => {
    for (const pid of running) signalGroup(pid, 'SIGKILL')
  }
  process.on('exit', killAll)
  // A signal that ends the process emits no 'exit'.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      killAll()
      process.kill(process.pid, signal)
    })
  }
}

/** A negative id means the group. ESRCH: the group has ended. */
function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
