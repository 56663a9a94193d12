import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pinned } from '../cores.ts'
import type { Bench, Figure } from './figure.ts'

const root = fileURLToPath(new URL('../../../../', import.meta.url))

/** Stands for a folder that is there for the run only. */
const folderArgument = '<folder>'

/** What other packages measure themselves, by programs of their own. */
const programs: readonly {
  readonly name: string
  readonly file: string
  readonly args: readonly string[]
}[] = [
  { name: 'sqlite', file: 'packages/sqlite/test/speed.ts', args: [folderArgument, '1'] },
  { name: 'redis', file: 'packages/redis/test/speed.ts', args: ['1'] },
  { name: 'vuex', file: 'packages/vuex/test/measure.ts', args: ['Vue 3'] },
]
/** Milliseconds that one may take. */
const limit = 300_000

/** Runs the programs of other packages, one after another, and keeps what they print. */
export const elsewhere: Figure = {
  name: 'programs',
  title: 'What other packages measure',
  async measure(bench) {
    for (const { name, file, args } of programs) {
      const path = `${root}${file}`
      if (!existsSync(path)) continue
      bench.progress(elsewhere.name, name)
      const command = ['node', '--conditions=@sse/source', file, ...args]
      bench.output(name, command.join(' '), await run(bench, path, args))
    }
  },
}

/** On both cores: they are a server, a client and a browser in one. Whatever it has started ends with its group. */
async function run({ progress, cores }: Bench, path: string, args: readonly string[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'sse-bench-'))
  const given = args.map((argument) => (argument === folderArgument ? folder : argument))
  // Without a word this process would hand on its own core alone.
  const [command, ...rest] = pinned(cores ? [cores.server, cores.load] : [], [
    process.execPath,
    '--conditions=@sse/source',
    path,
    ...given,
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
    rmSync(folder, { recursive: true, force: true })
  }
  process.once('exit', end)
  const timer = setTimeout(end, limit)
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part
    progress(elsewhere.name, `${relative(root, path)}: ${part.split('\n')[0]?.slice(0, 60)}`)
  })
  const [code, signal] = await once(child, 'close')
  clearTimeout(timer)
  process.off('exit', end)
  end()
  return code === 0 ? text.trim() : `${text.trim()}\nended with ${signal ?? code}`.trim()
}
