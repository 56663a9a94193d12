/** What travels between server and page, checked on both sides by the same schemas. */
import * as v from 'valibot'

/** Whom a notification is for; also the name of the channel it is published to. */
export type Recipient = 'all' | `user:${string}` | `topic:${string}`

export const recipientSchema = v.pipe(
  v.string(),
  v.regex(/^(?:all|user:[\w-]{1,64}|topic:[\w-]{1,64})$/, 'Must be "all", "user:NAME" or "topic:NAME"'),
  v.transform((text) => text as Recipient),
)

/** What a sender fills in. */
export const draftSchema = v.object({
  to: recipientSchema,
  title: v.pipe(
    v.string(),
    v.trim(),
    v.nonEmpty('A title is needed'),
    v.maxLength(120, 'At most 120 characters'),
  ),
  body: v.pipe(v.string(), v.trim(), v.maxLength(4000, 'At most 4,000 characters')),
})

const idSchema = v.pipe(v.number(), v.safeInteger(), v.minValue(1))

/** A stored notification: the same for everyone, so it carries no read state. */
export const notificationSchema = v.object({
  id: idSchema,
  to: recipientSchema,
  /** Id of the user who sent it. */
  from: v.string(),
  title: v.string(),
  body: v.string(),
  createdAt: v.pipe(v.string(), v.isoTimestamp()),
})

/** A notification as one user sees it. */
export const inboxItemSchema = v.object({ ...notificationSchema.entries, read: v.boolean() })

/** Answer of `GET /api/notifications`: the list, and the cursor to listen on from. */
export const snapshotSchema = v.object({ notifications: v.array(inboxItemSchema), cursor: v.string() })

/** Notifications that one user has read, in whichever tab. */
export const readSchema = v.object({ ids: v.pipe(v.array(idSchema), v.minLength(1), v.maxLength(1000)) })

export const userSchema = v.object({ id: v.string(), name: v.string() })
export const topicSchema = v.object({ id: v.string(), name: v.string() })

/** Answer of `GET` and `POST /api/session`. `topics` are the ids of the topics this user follows. */
export const sessionSchema = v.object({
  user: v.nullable(v.object({ ...userSchema.entries, topics: v.array(v.string()) })),
})

/** Events of the stream by name. */
export const eventSchemas = { notification: notificationSchema, read: readSchema }

export type Draft = v.InferOutput<typeof draftSchema>
export type Notification = v.InferOutput<typeof notificationSchema>
export type InboxItem = v.InferOutput<typeof inboxItemSchema>
export type Snapshot = v.InferOutput<typeof snapshotSchema>
export type Read = v.InferOutput<typeof readSchema>
export type User = v.InferOutput<typeof userSchema>
export type Topic = v.InferOutput<typeof topicSchema>
export type Session = v.InferOutput<typeof sessionSchema>

/** Events of the stream: what the hub publishes and the page maps to mutations. */
export interface NotificationEvents {
  notification: Notification
  read: Read
}
