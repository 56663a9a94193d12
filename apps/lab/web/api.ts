/** Orders to the lab. */
import * as v from 'valibot'
import { type Lab, type LabState, labSchema, labStateSchema } from '../shared/lab.ts'
import type { Change } from '../shared/settings.ts'

export interface Api {
  lab(): Promise<Lab>
  /** The server's clock, in ms since the epoch. */
  time(): Promise<number>
  change(settings: Change): Promise<LabState>
  run(): Promise<LabState>
  pause(): Promise<LabState>
  reset(): Promise<LabState>
  cut(seconds: number): Promise<LabState>
}

/** The server could not be asked, or said no; the message is for people. */
export class ApiError extends Error {
  readonly status: number | undefined

  constructor(message: string, status?: number) {
    super(message)
    this.name = 'ApiError'
    this.status = status
  }
}

const timeSchema = v.object({ now: v.number() })
const problemSchema = v.object({ detail: v.string() })

export const api: Api = {
  lab: () => ask('GET', '/api/lab', labSchema),
  time: async () => (await ask('GET', '/api/time', timeSchema)).now,
  change: (settings) => ask('PATCH', '/api/settings', labStateSchema, settings),
  run: () => ask('POST', '/api/run', labStateSchema),
  pause: () => ask('POST', '/api/pause', labStateSchema),
  reset: () => ask('POST', '/api/reset', labStateSchema),
  cut: (seconds) => ask('POST', '/api/cut', labStateSchema, { seconds }),
}

async function ask<Schema extends v.GenericSchema>(
  method: string,
  path: string,
  schema: Schema,
  body?: unknown,
): Promise<v.InferOutput<Schema>> {
  const answer = await send(path, {
    method,
    ...(body !== undefined && {
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    }),
  })
  const json: unknown = await answer.json().catch(() => undefined)
  if (answer.ok) return v.parse(schema, json)
  const problem = v.safeParse(problemSchema, json)
  throw new ApiError(
    problem.success ? problem.output.detail : `The server answered ${answer.status}`,
    answer.status,
  )
}

async function send(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, init)
  } catch {
    throw new ApiError('The server cannot be reached')
  }
}
