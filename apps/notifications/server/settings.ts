/** What the environment decides, read once and checked. */
import { join } from 'node:path'
import * as v from 'valibot'

const numberText = v.pipe(v.string(), v.regex(/^\d+$/, 'must be a number'), v.transform(Number))

const environmentSchema = v.object({
  NODE_ENV: v.optional(v.string(), 'development'),
  PORT: v.optional(
    v.pipe(v.string(), v.regex(/^\d+$/, 'must be a port number'), v.transform(Number), v.maxValue(65_535)),
    '3000',
  ),
  HOST: v.optional(v.string()),
  DATABASE_FILE: v.optional(v.string(), join(import.meta.dirname, '../data/notifications.sqlite')),
  SESSION_SECRET: v.optional(v.string()),
  REDIS_URL: v.optional(v.pipe(v.string(), v.regex(/^rediss?:\/\//, 'must be redis://… or rediss://…'))),
  METRICS_TOKEN: v.optional(v.pipe(v.string(), v.minLength(16, 'must have 16 characters or more'))),
  WRITES_PER_MINUTE: v.optional(v.pipe(numberText, v.minValue(1, 'must be 1 or more')), '600'),
  TRUST_PROXY: v.optional(v.pipe(numberText, v.maxValue(10, 'must be a number of proxies, at most 10')), '0'),
  LOG_LEVEL: v.optional(v.picklist(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])),
})

export interface Settings {
  readonly production: boolean
  readonly port: number
  /** Address to listen on; undefined is every address of the machine. */
  readonly host: string | undefined
  readonly databaseFile: string
  /** Where the log is, for several nodes; undefined: in the database, for one. */
  readonly redisUrl: string | undefined
  /** Signs the session cookies; undefined means a random one kept in the database. */
  readonly sessionSecret: string | undefined
  /** Lets whoever has it read the metrics; undefined: only this machine may. */
  readonly metricsToken: string | undefined
  /** How many writes a user has in a minute. */
  readonly writesPerMinute: number
  /** How many proxies stand in front: so many of the addresses they add are believed. */
  readonly proxies: number
  readonly logLevel: string
}

/** @throws Error that names the variable and what is wrong with it. */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  // An empty variable means "not set", as in a shell.
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''))
  const result = v.safeParse(environmentSchema, given)
  if (!result.success) {
    const [issue] = result.issues
    throw new Error(`${v.getDotPath(issue)}: ${issue.message}`)
  }
  const { NODE_ENV, PORT, HOST, DATABASE_FILE, SESSION_SECRET, LOG_LEVEL, ...rest } = result.output
  const production = NODE_ENV === 'production'
  return {
    production,
    port: PORT,
    host: HOST,
    databaseFile: DATABASE_FILE,
    redisUrl: rest.REDIS_URL,
    sessionSecret: SESSION_SECRET,
    metricsToken: rest.METRICS_TOKEN,
    writesPerMinute: rest.WRITES_PER_MINUTE,
    proxies: rest.TRUST_PROXY,
    logLevel: LOG_LEVEL ?? (production ? 'info' : 'warn'),
  }
}
