import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { freePort } from './free-port.ts'

export interface LocalRedis {
  readonly url: string
  stop(): Promise<void>
}

/** Programs that speak the protocol, best first. */
const programs = ['redis-server', 'valkey-server']

/**
 * A Redis of this app alone, for this machine only, that keeps its log in a folder.
 *
 * @throws Error when none is installed, with the way out
 */
export async function startRedis(folder: string): Promise<LocalRedis> {
  mkdirSync(folder, { recursive: true })
  const port = await freePort()
  const candidates = process.env['REDIS_SERVER_PATH'] ? [process.env['REDIS_SERVER_PATH']] : programs
  for (const program of candidates) {
    const redis = await tryStart(program, [
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder],
      ...['--appendonly', 'yes', '--save', '', '--loglevel', 'notice'],
    ])
    if (redis) return { url: `redis://127.0.0.1:${port}`, stop: () => stop(redis) }
  }
  throw new Error(
    `Several nodes share a Redis, and none of ${candidates.join(', ')} is installed. Install one (apt install redis-server, brew install redis), or name one that runs: REDIS_URL=redis://…`,
  )
}

/** @returns `undefined` when there is no such program */
async function tryStart(program: string, args: readonly string[]): Promise<ChildProcess | undefined> {
  // A group of its own: what a terminal signals is for the nodes, who need it until they have ended.
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'], detached: true })
  try {
    await once(child, 'spawn')
  } catch {
    return undefined
  }
  process.once('exit', () => child.kill('SIGKILL'))
  let output = ''
  await new Promise<void>((resolve, reject) => {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text
      if (output.includes('Ready to accept connections')) resolve()
    })
    child.once('exit', (code) => reject(new Error(`${program} ended with ${code}.\n${output}`)))
  })
  child.stdout?.removeAllListeners('data').resume()
  return child
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  await once(child, 'exit')
}
