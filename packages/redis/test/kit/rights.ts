import { readFileSync } from 'node:fs'
import type { RedisServer } from './redis-server.ts'

/** Each line of the README's list of permissions, by what it is for. */
const lines = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => /^- .*: `\+/.test(line))

/** The permissions that the README names for some purposes, such as `on a Cluster`. */
export function rightsFor(...purposes: readonly string[]): readonly string[] {
  return purposes.flatMap((purpose) => {
    const line = lines.find((one) => one.startsWith(`- ${purpose}: `))
    if (!line) throw new Error(`The README has no permissions ${purpose}.`)
    return line.match(/\+[a-z|]+/g) ?? []
  })
}

/** Makes the user `app`, with the password `secret`, who may do this and no more. */
export async function createUser(redis: RedisServer, keys: string, rights: readonly string[]): Promise<void> {
  await redis.command('ACL', 'SETUSER', 'app', 'reset', 'on', '>secret', `~${keys}`, ...rights)
  await redis.command('ACL', 'LOG', 'RESET')
}

/** What anybody tried to do and was not permitted. */
export async function deniedBy(redis: RedisServer): Promise<readonly string[]> {
  const log = (await redis.command('ACL', 'LOG')) as readonly { readonly object: string }[]
  return log.map(({ object }) => object)
}
