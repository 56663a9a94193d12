/** What the environment decides, read once and checked. */
import * as v from 'valibot'
import { type PerTransport, perTransport, transportNames } from '../shared/lab.ts'

const environmentSchema = v.object({
  NODE_ENV: v.optional(v.string(), 'development'),
  PORT: v.optional(
    v.pipe(v.string(), v.regex(/^\d+$/, 'must be a port number'), v.transform(Number), v.maxValue(65_531)),
    '3100',
  ),
  HOST: v.optional(v.string()),
})

export interface Environment {
  readonly production: boolean
  /** Of the page. */
  readonly port: number
  /** Of the four transports: those after the page's, or free ones when that is 0. */
  readonly transportPorts: PerTransport<number>
  /** Address to listen on; undefined is every address of the machine. */
  readonly host: string | undefined
}

/** @throws Error that names the variable and what is wrong with it */
export function readEnvironment(variables: Readonly<Record<string, string | undefined>>): Environment {
  // An empty variable means "not set", as in a shell.
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''))
  const result = v.safeParse(environmentSchema, given)
  if (!result.success) {
    const [issue] = result.issues
    throw new Error(`${v.getDotPath(issue)}: ${issue.message}`)
  }
  const { NODE_ENV, PORT, HOST } = result.output
  return {
    production: NODE_ENV === 'production',
    port: PORT,
    transportPorts: perTransport((name) => (PORT === 0 ? 0 : PORT + 1 + transportNames.indexOf(name))),
    host: HOST,
  }
}
