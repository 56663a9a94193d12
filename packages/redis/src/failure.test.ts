import { expect, it } from 'vitest'
import { failureOf, isHarmless, isLasting } from './failure.ts'

it.each([
  ['OOM command not allowed when used memory > maxmemory', 'log-full', 'maxmemory'],
  ['READONLY You can’t write against a read only replica.', 'log-read-only', 'replica'],
  ['NOREPLICAS Not enough good replicas to write.', 'log-read-only', 'min-replicas-to-write'],
  ['MISCONF Redis is configured to save RDB snapshots, but it is unable to', 'log-read-only', 'disk'],
  ['WRONGTYPE Operation against a key', 'log-corrupt', 'prefix'],
  ['NOAUTH Authentication required.', 'log-failed', 'needs a password'],
  ['WRONGPASS invalid username-password pair', 'log-failed', 'password'],
  ['NOPERM this user has no permissions', 'log-failed', 'permission'],
  ['LOADING Redis is loading the dataset in memory', 'log-unreachable', 'loaded'],
  ['CLUSTERDOWN The cluster is down', 'log-unreachable', 'cluster'],
  ['ERR max number of clients reached', 'log-unreachable', 'maxclients'],
  ['ERR unknown command', 'log-failed', 'refused'],
  ['connect ECONNREFUSED', 'log-unreachable', 'cannot be reached'],
])('%s is told as %s, with its cause', (message, code, words) => {
  const error = failureOf(new Error(message), '{sse}:log')
  expect(error).toMatchObject({ code, message: expect.stringContaining(words) })
  expect(error.message).toContain(message)
})

it('takes nothing for lasting that may pass', () => {
  for (const passing of [
    'ERR max number of clients reached',
    'ERR upstream failure',
    'NOREPLICAS Not enough good replicas to write.',
    'LOADING Redis is loading the dataset in memory',
    'MISCONF Errors writing to the AOF file',
    'connect ECONNREFUSED',
  ])
    expect(isLasting(new Error(passing)), passing).toBe(false)
  for (const lasting of ['ERR unknown command', 'ERR DB index is out of range', 'WRONGTYPE x', 'NOPERM x'])
    expect(isLasting(new Error(lasting)), lasting).toBe(true)
})

it('replaces a connection that leads to a server that takes no part', () => {
  for (const bad of ['READONLY x', 'LOADING x', 'CLUSTERDOWN x', 'MASTERDOWN x', 'read ECONNRESET'])
    expect(isHarmless(new Error(bad)), bad).toBe(false)
  for (const good of ['OOM x', 'NOREPLICAS x', 'MISCONF x', 'NOSCRIPT x', 'ERR x'])
    expect(isHarmless(new Error(good)), good).toBe(true)
})
