/** What the environment decides, read once and checked. */
import { portText, readVariables, type ServerSettings, serverSettings, serverVariables } from '@sse/kit'
import * as v from 'valibot'
import { type PerTransport, perTransport, transportNames } from '../shared/lab.ts'

/** The transports have the ports after the page's. */
const lastPort = 65_535 - transportNames.length

const environmentSchema = v.object({
  ...serverVariables,
  PORT: v.optional(portText(lastPort), '3100'),
})

export interface Environment extends ServerSettings {
  /** Of the page. */
  readonly port: number
  /** Of the transports: those after the page's, or free ones when that is 0. */
  readonly transportPorts: PerTransport<number>
}

/** @throws Error that names the variable and what is wrong with it */
export function readEnvironment(variables: Readonly<Record<string, string | undefined>>): Environment {
  const { PORT, ...rest } = readVariables(environmentSchema, variables)
  return {
    ...serverSettings(rest),
    port: PORT,
    transportPorts: perTransport((name) => (PORT === 0 ? 0 : PORT + 1 + transportNames.indexOf(name))),
  }
}
