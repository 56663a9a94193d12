import { fork } from 'node:child_process'
import { once } from 'node:events'
import { onTestFinished } from 'vitest'

/** A server program of a test in a process of its own: its memory, timers and sockets are those of a user's server. */
export interface ServerProcess {
  readonly port: number
  /** Hands the program a command when it has answered the one before; resolves with its answer. @throws when the program ends before */
  ask<Answer>(command: object): Promise<Answer>
}

/**
 * Runs a program on the sources, which calls `serveParent`. Its first message is the port that it listens on, every other one the answer to a
 * command. It is ended with the test.
 *
 * @throws when the program ends before it listens
 */
export async function startServer(
  program: URL,
  { args = [], nodeOptions = [] }: { args?: readonly string[]; nodeOptions?: readonly string[] } = {},
): Promise<ServerProcess> {
  const child = fork(program, args, {
    execArgv: ['--conditions=@sse/source', ...nodeOptions],
  })
  const exited = once(child, 'exit')
  const ended = exited.then(([code, signal]) => {
    throw new Error(`${program.pathname} ended with ${signal ?? code}.`)
  })
  ended.catch(() => {})
  onTestFinished(async () => {
    child.kill()
    await exited
  })
  const answer = async () => (await Promise.race([once(child, 'message'), ended]))[0]
  const port: number = await answer()
  let answered: Promise<unknown> = Promise.resolve()
  return {
    port,
    ask<Answer>(command: object) {
      const result = answered.then((): Promise<Answer> => {
        child.send(command)
        return answer()
      })
      answered = result.catch(() => {})
      return result
    },
  }
}
