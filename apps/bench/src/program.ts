import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname } from 'node:path'
import { type Cores, pinned } from './cores.ts'

/** What a program has printed, and how it ended if it has not ended well. */
export interface ProgramRun {
  readonly output: string
  readonly failure: string | undefined
}

/** Milliseconds that one may take. */
const limit = 300_000

/**
 * Runs a program of another package, on both cores: it is a server, a client and a browser in one. Whatever it has started ends with its group.
 *
 * @param tell is called with each piece that it prints
 */
export async function runProgram(
  cores: Cores | undefined,
  path: string,
  args: readonly string[],
  tell: (text: string) => void,
): Promise<ProgramRun> {
  // Without a word this process would hand on its own core alone.
  const [command, ...rest] = pinned(cores ? [cores.server, cores.load] : [], [
    process.execPath,
    '--conditions=@sse/source',
    path,
    ...args,
  ])
  const child = spawn(command, rest, {
    cwd: dirname(dirname(path)),
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  })
  // Not SIGKILL: they have to end what they started in groups of its own.
  const end = () => {
    const running = child.exitCode === null && child.signalCode === null
    if (running && child.pid !== undefined) process.kill(-child.pid, 'SIGTERM')
  }
  process.once('exit', end)
  const timer = setTimeout(end, limit)
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part
    tell(part)
  })
  const [code, signal] = await once(child, 'close')
  clearTimeout(timer)
  process.off('exit', end)
  return { output: text.trim(), failure: code === 0 ? undefined : `ended with ${signal ?? code}` }
}
