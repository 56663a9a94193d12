/** The HTTP API as functions. What comes back is checked before anything else sees it. */
import * as v from 'valibot'
import {
  type Draft,
  type Notification,
  notificationSchema,
  type Session,
  type Snapshot,
  sessionSchema,
  snapshotSchema,
  type Topic,
  topicSchema,
  type User,
  userSchema,
} from '../shared/schemas.ts'

export interface Api {
  users(): Promise<User[]>
  topics(): Promise<Topic[]>
  session(): Promise<Session>
  signIn(user: string): Promise<Session>
  signOut(): Promise<void>
  notifications(): Promise<Snapshot>
  send(draft: Draft): Promise<Notification>
  markRead(ids: readonly number[]): Promise<void>
}

const problemSchema = v.object({
  detail: v.string(),
  errors: v.optional(v.array(v.object({ pointer: v.string(), detail: v.string() })), []),
})

/** An answer that is not the wanted one: `status` 0 when there was no answer at all. */
export class ApiError extends Error {
  readonly status: number
  /** Messages by the name of the member they are about. */
  readonly fields: Readonly<Record<string, string>>

  constructor(status: number, message: string, fields: Readonly<Record<string, string>> = {}) {
    super(message)
    this.name = 'ApiError'
    this.status = status
    this.fields = fields
  }
}

export const api: Api = {
  users: () => get('/api/users', v.array(userSchema)),
  topics: () => get('/api/topics', v.array(topicSchema)),
  session: () => get('/api/session', sessionSchema),
  signIn: (user) => post('/api/session', { user }, sessionSchema),
  signOut: async () => {
    await request('/api/session', { method: 'DELETE' })
  },
  notifications: () => get('/api/notifications', snapshotSchema),
  send: (draft) => post('/api/notifications', draft, notificationSchema),
  markRead: async (ids) => {
    await request('/api/notifications/read', json({ ids }))
  },
}

async function get<Schema extends v.GenericSchema>(path: string, schema: Schema) {
  const response = await request(path)
  return v.parse(schema, await response.json())
}

async function post<Schema extends v.GenericSchema>(path: string, body: unknown, schema: Schema) {
  const response = await request(path, json(body))
  return v.parse(schema, await response.json())
}

function json(body: unknown): RequestInit {
  return { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }
}

/** @throws ApiError for every answer that is not 2xx, and for none. */
async function request(path: string, init?: RequestInit): Promise<Response> {
  const response = await fetch(path, init).catch(() => {
    throw new ApiError(0, 'The server cannot be reached')
  })
  if (response.ok) return response
  const problem = v.safeParse(problemSchema, await response.json().catch(() => undefined))
  if (!problem.success) throw new ApiError(response.status, `The server answered ${response.status}`)
  const { detail, errors } = problem.output
  throw new ApiError(
    response.status,
    detail,
    Object.fromEntries(errors.map((error) => [error.pointer.slice(1), error.detail])),
  )
}
