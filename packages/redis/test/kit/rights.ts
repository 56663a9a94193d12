import { readFileSync } from 'node:fs'
import type { RedisServer } from './redis-server.ts'

/** The lines of the README that list permissions. */
const lines = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => /^- .*: `\+/.test(line))

/** The permissions that the README lists for these purposes, such as `on a Cluster`. */
function permissionsFor(purposes: readonly string[]): readonly string[] {
  return purposes.flatMap((purpose) => {
    const line = lines.find((one) => one.startsWith(`- ${purpose}: `))
    if (!line) throw new Error(`The README lists no permissions ${purpose}.`)
    return line.match(/\+[a-z|]+/g) ?? []
  })
}

/** Makes the user `app` with the password `secret`, who has the permissions for these purposes and no others. */
export async function createUser(
  redis: RedisServer,
  keys: string,
  ...purposes: readonly string[]
): Promise<void> {
  const permissions = permissionsFor(purposes)
  await redis.command('ACL', 'SETUSER', 'app', 'reset', 'on', '>secret', `~${keys}`, ...permissions)
  await redis.command('ACL', 'LOG', 'RESET')
}

/** The commands and keys that Redis has denied to any user. */
export async function deniedBy(redis: RedisServer): Promise<readonly string[]> {
  const log = (await redis.command('ACL', 'LOG')) as readonly { readonly object: string }[]
  return log.map(({ object }) => object)
}
