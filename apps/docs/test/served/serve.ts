import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort, until } from '@sse/testbed'
import type { Block } from '../markdown.ts'

/** Where blocks are written to be run; git ignores it. */
const folder = fileURLToPath(new URL('../../.blocks', import.meta.url))

/** A server of the documentation, in a process of its own. */
export interface Served {
  readonly origin: string
  /** Everything that it has printed. */
  readonly output: string
  /** Throws with what the process has printed if it has ended. */
  alive(): void
  /** Takes the log of the server away, or gives it back. */
  lose(lost: boolean): Promise<void>
  end(): Promise<void>
}

export interface ServeOptions {
  /** The package of Express. */
  readonly express: 'express' | 'express4'
  readonly env?: Readonly<Record<string, string>>
  /** Default: a free one. */
  readonly port?: number
  /** Where it finds its files. */
  readonly cwd?: string
}

/** The secret of the sessions of all blocks. */
export const secret = 'a secret of the documentation'

/**
 * Runs a block as a reader would who has saved it to a file. A block without a server of its own is part of the app of `given.ts`. One
 * without `listen` is listened to.
 */
export async function serve(
  { page, line, code }: Block,
  { express, env, cwd, port: wanted }: ServeOptions,
): Promise<Served> {
  const port = wanted ?? (await freePort())
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `served_${page.replace(/\W+/g, '_')}_${line}_${express}.ts`)
  const given = new URL('./given.ts', import.meta.url).href
  const listen = code.includes('.listen(') ? '' : `\napp.listen(${port})\n`
  writeFileSync(file, `import '${given}'\n${code.replace('.listen(3000', `.listen(${port}`)}${listen}`)

  const hooks = new URL('./hooks.ts', import.meta.url).href
  const child = fork(file, {
    execArgv: ['--conditions=@sse/source', `--import=${hooks}`],
    env: { ...process.env, EXPRESS: express, SESSION_SECRET: secret, NODE_OPTIONS: undefined, ...env },
    silent: true,
    ...(cwd && { cwd }),
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (text) => {
      output += text
    })
  }
  const exited = once(child, 'exit')
  const alive = () => {
    if (child.exitCode === null && child.signalCode === null) return
    throw new Error(`The server of ${page}:${line} has ended.\n${output}`)
  }
  await until(() => Promise.race([reachable(port), exited]), { timeout: 20_000 })
  alive()
  return {
    origin: `http://localhost:${port}`,
    get output() {
      return output
    },
    alive,
    async lose(lost) {
      const done = once(child, 'message')
      child.send({ lost })
      await done
    },
    async end() {
      child.kill('SIGKILL')
      await exited
    },
  }
}

async function reachable(port: number): Promise<true> {
  const socket = connect(port)
  await once(socket, 'connect')
  socket.destroy()
  return true
}
