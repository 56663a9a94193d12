import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runProgram } from '../program.ts'
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

async function run({ progress, cores }: Bench, path: string, args: readonly string[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'sse-bench-'))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  process.once('exit', remove)
  const given = args.map((argument) => (argument === folderArgument ? folder : argument))
  const { output, failure } = await runProgram(cores, path, given, (text) =>
    progress(elsewhere.name, `${relative(root, path)}: ${text.split('\n')[0]?.slice(0, 60)}`),
  )
  process.off('exit', remove)
  remove()
  return failure === undefined ? output : `${output}\n${failure}`.trim()
}
