/** The HTTP API as functions. What comes back is checked before anything else sees it. */
import * as v from 'valibot'
import {
  type Draft,
  type InboxItem,
  inboxItemSchema,
  type Move,
  type Notification,
  notificationSchema,
  type ReadAll,
  type Session,
  type Snapshot,
  sessionSchema,
  snapshotSchema,
  type Topic,
  topicSchema,
  type User,
  userSchema,
} from '../../shared/schemas.ts'
import { searchOf, topicOf, type View } from '../inbox/views.ts'
import type { TopicChange } from '../store/topics.ts'
import { bodyOf, type Method, request } from './request.ts'

export { ApiError } from './request.ts'

/** One page of a view. */
export interface PageQuery {
  readonly view: View
  /** Only what is older than this id. */
  readonly before?: number
  /** Default: 50. */
  readonly limit?: number
}

/** What the server has taken. */
export interface Sent {
  readonly notification: Notification
  /** The id of its event, if it is in the log already. */
  readonly event?: string | undefined
}

export interface Api {
  users(): Promise<User[]>
  topics(): Promise<Topic[]>
  session(): Promise<Session>
  signIn(user: string): Promise<Session>
  signOut(): Promise<void>
  notifications(query: PageQuery): Promise<Snapshot>
  /** Sent again with the same key it is still sent once. */
  send(draft: Draft, key: string): Promise<Sent>
  /** @throws ApiError 404 when this user does not see it */
  notification(id: number): Promise<InboxItem>
  markRead(ids: readonly number[]): Promise<void>
  markUnread(ids: readonly number[]): Promise<void>
  move(what: Move): Promise<void>
  readAll(what: ReadAll): Promise<void>
  setTopic(change: TopicChange): Promise<void>
}

export const api: Api = {
  users: () => get('/api/users', v.array(userSchema)),
  topics: () => get('/api/topics', v.array(topicSchema)),
  session: () => get('/api/session', sessionSchema),
  signIn: (user) => post('/api/session', { user }, sessionSchema),
  signOut: () => tell('DELETE', '/api/session'),
  notifications: ({ view, before, limit = 50 }) => {
    const topic = topicOf(view)
    const query = new URLSearchParams({ limit: String(limit) })
    if (before !== undefined) query.set('before', String(before))
    const search = searchOf(view)
    if (search !== undefined) query.set('search', search)
    else if (topic === undefined) query.set('filter', view)
    else query.set('topic', topic)
    return get(`/api/notifications?${query}`, snapshotSchema)
  },
  async send(draft, key) {
    const response = await request('POST', '/api/notifications', draft, { 'Idempotency-Key': key })
    const notification = await bodyOf(response, notificationSchema)
    return { notification, event: response.headers.get('Event-Id') ?? undefined }
  },
  notification: (id) => get(`/api/notifications/${id}`, inboxItemSchema),
  markRead: (ids) => tell('POST', '/api/notifications/read', { ids }),
  markUnread: (ids) => tell('POST', '/api/notifications/unread', { ids }),
  move: (what) => tell('POST', '/api/notifications/move', what),
  readAll: (what) => tell('POST', '/api/notifications/read-all', what),
  setTopic: ({ topic, kind, on }) =>
    tell(on ? 'PUT' : 'DELETE', `/api/topics/${encodeURIComponent(topic)}/${kind}`),
}

/** Faults of this browser's own streams, to watch them recover. */
export const line = {
  cut: () => tell('POST', '/api/line/cut'),
  stall: (seconds: number) => tell('POST', '/api/line/stall', { seconds }),
  refuse: (seconds: number) => tell('POST', '/api/line/refuse', { seconds }),
}

/** What only the operator may do. */
export const operator = {
  disconnect: (user: string) => tell('POST', '/api/admin/disconnect', { user }),
  drain: (seconds: number) => tell('POST', '/api/admin/drain', { seconds }),
}

async function get<Schema extends v.GenericSchema>(path: string, schema: Schema) {
  return bodyOf(await request('GET', path), schema)
}

async function post<Schema extends v.GenericSchema>(path: string, body: unknown, schema: Schema) {
  return bodyOf(await request('POST', path, body), schema)
}

async function tell(method: Method, path: string, body?: unknown): Promise<void> {
  await request(method, path, body)
}
