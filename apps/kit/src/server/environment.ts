/** What the environment decides for both servers, checked. */
import { isIP } from 'node:net'
import * as v from 'valibot'
import { type AllowedHosts, allowHosts } from './hosts.ts'

/** @param last the greatest port that may be chosen */
export function portText(last = 65_535) {
  return v.pipe(
    v.string(),
    v.regex(/^\d+$/, 'must be a port number'),
    v.transform(Number),
    v.maxValue(last, `must be a port number, at most ${last}`),
  )
}

/** Variables that every server has, beside its own. */
export const serverVariables = {
  NODE_ENV: v.optional(v.string(), 'development'),
  HOST: v.optional(v.string()),
  ALLOWED_HOSTS: v.optional(v.string(), ''),
}

export interface ServerSettings {
  readonly production: boolean
  /** Address to listen on; undefined is every address of the machine. */
  readonly host: string | undefined
  readonly allowedHosts: AllowedHosts
}

/** @throws Error that names the variable and what is wrong with it */
export function readVariables<Schema extends v.GenericSchema>(
  schema: Schema,
  variables: Readonly<Record<string, string | undefined>>,
): v.InferOutput<Schema> {
  // An empty variable means "not set", as in a shell.
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''))
  const result = v.safeParse(schema, given)
  if (result.success) return result.output
  const [issue] = result.issues
  throw new Error(`${v.getDotPath(issue)}: ${issue.message}`)
}

/**
 * A server in development listens on this machine alone, and one in production on every address. An IP address in HOST is also a host that the
 * server answers to.
 *
 * @throws Error that names the variable and what is wrong with it
 */
export function serverSettings(variables: {
  readonly NODE_ENV: string
  readonly HOST?: string | undefined
  readonly ALLOWED_HOSTS: string
}): ServerSettings {
  const { NODE_ENV, HOST, ALLOWED_HOSTS } = variables
  const production = NODE_ENV === 'production'
  const names = ALLOWED_HOSTS.split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  try {
    return {
      production,
      host: HOST ?? (production ? undefined : '127.0.0.1'),
      allowedHosts: allowHosts([...names, ...(HOST !== undefined && isIP(HOST) ? [HOST] : [])]),
    }
  } catch (error) {
    throw new Error(`ALLOWED_HOSTS: ${error instanceof Error ? error.message : error}`)
  }
}
