import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

export interface StartOptions {
  /** What its output says once it can be used: the address it listens on, for instance. */
  readonly ready: RegExp
  /** Added to the environment of the test. `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  /** A listening socket that it inherits as descriptor 3, with `LISTEN_FDS=1`, as from systemd. */
  readonly socket?: { readonly descriptor: number } | undefined
  /** Milliseconds it has to get ready. Default 30,000. */
  readonly timeout?: number
}

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A process of this test, with all it started itself. */
export interface RunningProcess {
  readonly pid: number
  /** Everything it has written to stdout and stderr so far. */
  readonly output: string
  /** What `ready` matched, with its groups. */
  readonly ready: RegExpMatchArray
  readonly exited: Promise<Exit>
  /** Signals it and what it started (default SIGTERM) and waits for its end. Does nothing after the end. */
  kill(signal?: NodeJS.Signals): Promise<Exit>
}

/**
 * Starts a real process and waits until its output says that it is ready. It leads a process group of its own,
 * so that a signal reaches the server behind a `pnpm` too; whatever is still running when the test process
 * ends is killed.
 *
 * @throws Error with the output when it ends or the time is over before it is ready.
 */
export async function startProcess(
  command: string,
  args: readonly string[],
  options: StartOptions,
): Promise<RunningProcess> {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...(options.socket && { LISTEN_FDS: '1' }), ...options.env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', ...(options.socket ? [options.socket.descriptor] : [])],
  })
  await once(child, 'spawn')
  const pid = child.pid as number
  const exited = once(child, 'close').then(([code, signal]): Exit => ({ code, signal }))
  killAtExit(pid, exited)

  const output = collect(child)
  const ready = await readiness(output, exited, options).catch((reason: unknown) => {
    signalGroup(pid, 'SIGKILL')
    throw new Error(`${[command, ...args].join(' ')}: ${reason}\n${output.text}`)
  })
  return {
    pid,
    get output() {
      return output.text
    },
    ready,
    exited,
    kill: (signal = 'SIGTERM') => {
      if (running.has(pid)) signalGroup(pid, signal)
      return exited
    },
  }
}

interface Output {
  text: string
  onText: () => void
}

function collect(child: ChildProcess): Output {
  const output: Output = { text: '', onText: () => {} }
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output.text += text
      output.onText()
    })
  }
  return output
}

async function readiness(output: Output, exited: Promise<Exit>, { ready, timeout = 30_000 }: StartOptions) {
  let timer: NodeJS.Timeout | undefined
  try {
    return await new Promise<RegExpMatchArray>((resolve, reject) => {
      timer = setTimeout(() => reject(`not ready after ${timeout} ms`), timeout)
      exited.then(({ code, signal }) => reject(`ended with ${signal ?? code} before it was ready`))
      output.onText = () => {
        const match = output.text.match(ready)
        if (match) resolve(match)
      }
      output.onText()
    })
  } finally {
    clearTimeout(timer)
    output.onText = () => {}
  }
}

/** The groups whose output is still open: the leader, or something it started, lives. */
const running = new Set<number>()

function killAtExit(pid: number, exited: Promise<Exit>): void {
  watchForExit()
  running.add(pid)
  exited.finally(() => running.delete(pid))
}

let watching = false

/** 'exit' is not emitted when a signal ends the process, hence both. */
function watchForExit(): void {
  if (watching) return
  watching = true
  const killAll = () => {
    for (const pid of running) signalGroup(pid, 'SIGKILL')
  }
  process.on('exit', killAll)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      killAll()
      process.kill(process.pid, signal)
    })
  }
}

/** A negative id means the whole group. ESRCH: it has ended in the meantime. */
function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
