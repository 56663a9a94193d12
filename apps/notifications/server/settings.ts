/** What the environment decides, read once and checked. */
import { join } from 'node:path'
import { portText, readVariables, type ServerSettings, serverSettings, serverVariables } from '@sse/kit'
import * as v from 'valibot'

const numberText = v.pipe(v.string(), v.regex(/^\d+$/, 'must be a number'), v.transform(Number))

const environmentSchema = v.object({
  ...serverVariables,
  PORT: v.optional(portText(), '3000'),
  DATABASE_FILE: v.optional(v.string(), join(import.meta.dirname, '../data/notifications.sqlite')),
  REDIS_URL: v.optional(v.pipe(v.string(), v.regex(/^rediss?:\/\//, 'must be redis://… or rediss://…'))),
  DATABASE_URL: v.optional(v.pipe(v.string(), v.regex(/^postgres(ql)?:\/\//, 'must be postgres://…'))),
  METRICS_TOKEN: v.optional(v.pipe(v.string(), v.minLength(16, 'must have 16 characters or more'))),
  WRITES_PER_MINUTE: v.optional(v.pipe(numberText, v.minValue(1, 'must be 1 or more')), '600'),
  TRUST_PROXY: v.optional(v.pipe(numberText, v.maxValue(10, 'must be a number of proxies, at most 10')), '0'),
  LOG_LEVEL: v.optional(v.picklist(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])),
})

export interface Settings extends ServerSettings {
  readonly port: number
  readonly databaseFile: string
  /** Where the log is, for several nodes; undefined: in the database, for one. */
  readonly redisUrl: string | undefined
  /** Where the data and the log are, for several nodes; undefined: in the database file. */
  readonly databaseUrl: string | undefined
  /** The token that requests for the metrics must have; undefined: nobody may read them. */
  readonly metricsToken: string | undefined
  /** How many writes a user has in a minute. */
  readonly writesPerMinute: number
  /** How many proxies stand in front: so many of the addresses they add are believed, and what they say of TLS. */
  readonly proxies: number
  readonly logLevel: string
}

/** @throws Error that names the variable and what is wrong with it. */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const variables = readVariables(environmentSchema, environment)
  const server = serverSettings(variables)
  return {
    ...server,
    port: variables.PORT,
    databaseFile: variables.DATABASE_FILE,
    redisUrl: variables.REDIS_URL,
    databaseUrl: variables.DATABASE_URL,
    metricsToken: variables.METRICS_TOKEN,
    writesPerMinute: variables.WRITES_PER_MINUTE,
    proxies: variables.TRUST_PROXY,
    logLevel: variables.LOG_LEVEL ?? (server.production ? 'info' : 'warn'),
  }
}
