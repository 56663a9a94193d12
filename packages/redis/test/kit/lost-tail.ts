import type { RedisServer } from './redis-server.ts'

/** Puts the log where it was before its newest entries, all at once: as a replica has it that lagged. */
export async function losing(redis: RedisServer, prefix: string, count: number): Promise<void> {
  const [log, meta] = [`{${prefix}}:log`, `{${prefix}}:meta`]
  await redis.command(
    'EVAL',
    `
    local entries = redis.call('XRANGE', KEYS[1], '-', '+')
    local keep = math.max(0, #entries - tonumber(ARGV[1]))
    local lost = entries[keep + 1]
    redis.call('DEL', KEYS[1])
    for index = 1, keep do redis.call('XADD', KEYS[1], entries[index][1], unpack(entries[index][2])) end
    if lost then redis.call('HSET', KEYS[2], 'head', lost[2][2]) end
    `,
    2,
    log,
    meta,
    count,
  )
}
