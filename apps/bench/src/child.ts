import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { pinned } from './cores.ts'

/** What a process answers to: by name, one argument each. */
export type Commands = Readonly<Record<string, (argument: never) => unknown>>

/** Asks another process; rejects with what the command threw there, or when the process ends before it answers. */
export type Ask<C> = <N extends keyof C & string>(
  name: N,
  ...argument: C[N] extends (argument: infer A) => unknown ? (unknown extends A ? [] : [A]) : []
) => Promise<C[N] extends (argument: never) => infer R ? Awaited<R> : never>

export interface Child<C> {
  readonly ask: Ask<C>
  /** Resolves when the process is gone. It is asked first, so that it ends what it started itself. */
  stop(): Promise<void>
}

interface Question {
  readonly id: number
  readonly name: string
  readonly argument: unknown
}

type Answer = { readonly id: number } & ({ readonly value?: unknown } | { readonly error: string })

/** Milliseconds that a process has to end by itself. */
const patience = 5_000

/** Runs a program of this folder on a core of its own. It ends with this process, however this one ends: its channel closes then. */
export async function startChild<C>(
  program: string,
  {
    args = [],
    core,
  }: {
    readonly args?: readonly string[]
    readonly core?: number | undefined
  } = {},
): Promise<Child<C>> {
  const path = fileURLToPath(new URL(program, import.meta.url))
  const [command, ...rest] = pinned(core === undefined ? [] : [core], [
    process.execPath,
    '--conditions=@sse/source',
    '--expose-gc',
    // A warning of a peer's is not what is measured.
    '--no-warnings',
    path,
    ...args,
  ])
  const child = spawn(command, rest, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const exited = once(child, 'exit')
  const ask = asking<C>(child, `${program} ${args.join(' ')}`.trim(), exited)
  await (ask as Ask<{ ready: () => void }>)('ready')
  return {
    ask,
    async stop() {
      if (child.connected) child.disconnect()
      const timer = setTimeout(() => child.kill('SIGKILL'), patience)
      await exited
      clearTimeout(timer)
    },
  }
}

function asking<C>(child: ChildProcess, name: string, exited: Promise<unknown[]>): Ask<C> {
  const open = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  let last = 0
  child.on('message', (answer: Answer) => {
    const question = open.get(answer.id)
    open.delete(answer.id)
    if ('error' in answer) question?.reject(new Error(answer.error))
    else question?.resolve(answer.value)
  })
  void exited.then(([code, signal]) => {
    for (const { reject } of open.values()) reject(new Error(`${name} ended with ${signal ?? code}.`))
    open.clear()
  })
  const ask = (command: string, argument?: unknown) =>
    new Promise((resolve, reject) => {
      const id = ++last
      open.set(id, { resolve, reject })
      child.send({ id, name: command, argument } satisfies Question, (error) => {
        if (error) reject(new Error(`${name} cannot be asked for ${command}.`, { cause: error }))
      })
    })
  return ask as Ask<C>
}

/** The other side: answers what the parent asks, and ends when the parent is gone. `stop` ends what this process started. */
export function answerParent(commands: Commands, stop: () => unknown = () => {}): void {
  // The parent's types hold what a command is given.
  const known = { ready: () => {}, ...commands } as Readonly<Record<string, (argument: unknown) => unknown>>
  process.on('message', async ({ id, name, argument }: Question) => {
    try {
      const value = await known[name]?.(argument)
      process.send?.({ id, value } satisfies Answer)
    } catch (error) {
      process.send?.({ id, error: error instanceof Error ? error.message : String(error) } satisfies Answer)
    }
  })
  process.on('disconnect', async () => {
    await stop()
    process.exit()
  })
}
