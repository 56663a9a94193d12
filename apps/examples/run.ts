/** `pnpm example NAME` runs an example, `pnpm example` lists them. */
import { examples } from './examples.ts'

const [name] = process.argv.slice(2)
const list = Object.entries(examples).map(([name, idea]) => `  ${name.padEnd(14)}${idea}`)

if (name === undefined) {
  console.log(['pnpm example NAME', '', ...list].join('\n'))
} else if (Object.hasOwn(examples, name)) {
  await import(`./${name}/server.ts`)
} else {
  console.error([`There is no example '${name}'. There are:`, '', ...list].join('\n'))
  process.exitCode = 1
}
