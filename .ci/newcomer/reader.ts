import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { type Block, blocksOf } from '../../apps/docs/test/markdown.ts'
import { type RunningProcess, startProcess } from '../../apps/testbed/src/process.ts'
import { root } from '../paths.ts'

const execute = promisify(execFile)

/** Somebody who copies and pastes, page after page, and understands nothing. */
export interface Reader {
  /** Where the shell stands. */
  readonly folder: string
  /** Does what a page says, top to bottom. */
  read(page: string): Promise<void>
  /** Stops what answers at this address, as the pages name it, does something, and starts it again. */
  without(address: string, does: () => Promise<void>): Promise<void>
  /** Stops what the pages started. */
  stop(): Promise<void>
}

/**
 * @param ports what to put in place of the ports that the pages name, which others may be using
 * @param env for all commands
 */
export function createReader(
  folder: string,
  ports: Readonly<Record<string, number>>,
  env: Readonly<Record<string, string>>,
): Reader {
  const started = new Map<string, RunningProcess>()
  const commands = new Map<string, () => Promise<RunningProcess>>()
  let at = folder

  const here = (text: string) =>
    Object.entries(ports).reduce((rest, [port, other]) => rest.replaceAll(port, String(other)), text)

  async function take({ language, file, code, background }: Block): Promise<void> {
    if (file) {
      mkdirSync(dirname(join(at, file)), { recursive: true })
      writeFileSync(join(at, file), here(code))
    } else if (language === 'sh' && background) {
      const ready = new RegExp(here(background))
      const cwd = at
      commands.set(background, () => startProcess('sh', ['-ec', `exec ${here(code)}`], { cwd, env, ready }))
      await start(background)
    } else if (language === 'sh') {
      at = await run(here(code))
    }
  }

  async function start(address: string): Promise<void> {
    const command = commands.get(address)
    if (!command) throw new Error(`No page has said what answers at ${address}.`)
    started.set(address, await command())
  }

  /** @returns the folder that the commands have left the shell in. Throws what they said when one fails. */
  async function run(code: string): Promise<string> {
    const { stdout } = await execute('sh', ['-ec', `${code}\necho\npwd`], {
      ...{ cwd: at, env: { ...process.env, ...env }, timeout: 120_000 },
    })
    return stdout.trimEnd().split('\n').at(-1) ?? at
  }

  return {
    get folder() {
      return at
    },
    async read(page) {
      for (const block of blocksOf(page, readFileSync(join(root, page), 'utf8'))) await take(block)
    },
    async without(address, does) {
      await started.get(address)?.kill()
      await does()
      await start(address)
    },
    async stop() {
      await Promise.all([...started.values()].map((one) => one.kill()))
    },
  }
}
