import { stripVTControlCharacters } from 'node:util'
import { startProcess } from '@sse/testbed'
import { expect, it, onTestFinished } from 'vitest'

/** Programs and their arguments, from the root of the repository. `--conditions` is in `vitest.config.ts` for Deno. */
const runs = [
  ['bun', ['test', '--conditions=@sse/source', '--timeout=60000', './packages/fetch/test/runtimes/suite.ts']],
  [
    'deno',
    [
      ...['run', '--allow-all', 'node_modules/vitest/vitest.mjs', 'run'],
      ...['--config', 'packages/fetch/test/runtimes/vitest.config.ts'],
    ],
  ],
] as const

/** What vitest says to this process is not meant for another runner. */
const env = Object.fromEntries(
  Object.keys(process.env)
    .filter((key) => /^(VITEST|NODE_ENV$|NODE_OPTIONS$)/.test(key))
    .map((key) => [key, undefined]),
)

it.each(runs)(
  'the suite of all adapters passes on the server of %s',
  async (name, args) => {
    const run = await startProcess(`packages/fetch/node_modules/.bin/${name}`, args, {
      ...{ cwd: `${import.meta.dirname}/../../../..`, env, ready: /^/ },
    })
    onTestFinished(async () => void (await run.kill('SIGKILL')))
    const { code } = await run.exited
    const said = stripVTControlCharacters(run.output)
    const [, passed, alsoPassed] = /^ *(\d+) pass$|Tests +(\d+) passed \(\d+\)/m.exec(said) ?? []
    // If the suite were not found, no test would fail.
    expect(Number(passed ?? alsoPassed), said).toBeGreaterThan(150)
    expect(code, said).toBe(0)
  },
  120_000,
)
