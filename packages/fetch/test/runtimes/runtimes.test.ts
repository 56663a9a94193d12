import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { stripVTControlCharacters } from 'node:util'
import { expect, it } from 'vitest'

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

it.each(runs)(
  'the suite of all adapters passes on the server of %s',
  async (name, args) => {
    // What vitest sets is meant for this process.
    const env = Object.entries(process.env).filter(([key]) => !/^(VITEST|NODE_ENV$|NODE_OPTIONS$)/.test(key))
    const child = spawn(`packages/fetch/node_modules/.bin/${name}`, args, {
      cwd: new URL('../../../..', import.meta.url),
      env: Object.fromEntries(env),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const [output, errors, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ])
    const said = stripVTControlCharacters(output + errors)
    const [, passed, alsoPassed] = /^ *(\d+) pass$|Tests +(\d+) passed \(\d+\)/m.exec(said) ?? []
    // If the suite were not found, no test would fail.
    expect(Number(passed ?? alsoPassed), said).toBeGreaterThan(150)
    expect(code, said).toBe(0)
  },
  120_000,
)
