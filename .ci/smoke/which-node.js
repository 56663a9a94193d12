// @ts-check
/** Each package of the server is imported: a Node that is too old for it is told so, and any other imports it. */
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

for (const name of [
  '@sse/cluster',
  '@sse/core',
  '@sse/express',
  '@sse/fetch',
  '@sse/postgres',
  '@sse/redis',
  '@sse/sqlite',
]) {
  /** @type {string} */
  const needed = require(`${name}/package.json`).engines.node.replace('>=', '')
  const [neededMajor = 0, neededMinor = 0] = needed.split('.').map(Number)
  const isTooOld = major < neededMajor || (major === neededMajor && minor < neededMinor)
  const imported = import(name)
  if (!isTooOld) await imported
  else {
    await assert.rejects(imported, {
      message: `${name} needs Node ${needed} or newer, and this is Node ${process.versions.node}: install a newer Node.`,
    })
  }
}
