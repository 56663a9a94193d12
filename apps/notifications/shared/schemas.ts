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
export type Draft = v.InferOutput<typeof draftSchema>

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
export type Notification = v.InferOutput<typeof notificationSchema>

/** Where one user keeps a notification. What is deleted is deleted for this user only. */
export const placeSchema = v.picklist(['inbox', 'archived', 'deleted'])
export type Place = v.InferOutput<typeof placeSchema>

/** A notification as one user sees it. */
export const inboxItemSchema = v.object({
  ...notificationSchema.entries,
  read: v.boolean(),
  place: placeSchema,
  /** Of what this user has sent: the ids of the users who have read it, and how many users it is for, without the sender. */
  readers: v.optional(v.object({ read: v.array(v.string()), of: v.pipe(v.number(), v.safeInteger()) })),
})
export type InboxItem = v.InferOutput<typeof inboxItemSchema>

/** Which notifications a list shows: `direct` are those to the reader alone, `sent` those from the reader. */
export const filterSchema = v.picklist(['all', 'unread', 'direct', 'archived', 'sent'])
export type Filter = v.InferOutput<typeof filterSchema>

/** The longest text to search for, in characters. */
export const longestSearch = 100

/** Answer of `GET /api/notifications`: one page of the list, and the cursor to listen on from. */
export const snapshotSchema = v.object({
  /** Newest first. */
  notifications: v.array(inboxItemSchema),
  /** The position of the log from before the list was read. */
  cursor: v.string(),
  /** What to give as `before` for the next page; null on the last one. */
  next: v.nullable(idSchema),
  /** How many of all that this user sees are neither read nor muted, whatever the page shows. */
  unread: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
})
export type Snapshot = v.InferOutput<typeof snapshotSchema>

/** Notifications that one user has read, or marked as unread, in whichever tab. */
export const readSchema = v.object({ ids: v.pipe(v.array(idSchema), v.minLength(1), v.maxLength(1000)) })
export type Read = v.InferOutput<typeof readSchema>

/** Everything up to this notification is read, or everything of one topic. */
export const readAllSchema = v.object({ upTo: idSchema, topic: v.optional(v.string()) })
export type ReadAll = v.InferOutput<typeof readAllSchema>

const idsSchema = readSchema.entries.ids

/** Notifications that one user has put in another place, in whichever tab. */
export const movedSchema = v.object({ ids: idsSchema, to: placeSchema })
export type Moved = v.InferOutput<typeof movedSchema>

/** A move as it is asked for. `unread`: they are unread again, as before an archiving that is undone. */
export const moveSchema = v.object({ ...movedSchema.entries, unread: v.optional(v.boolean(), false) })
export type Move = v.InferInput<typeof moveSchema>

/** Somebody has read something that this user has sent, or marked it as unread. */
export const seenSchema = v.object({ by: v.string() })
export type Seen = v.InferOutput<typeof seenSchema>

/** What one user follows and has muted, by the ids of the topics. What a muted topic brings is listed, but neither counted nor announced. */
export const topicsSchema = v.object({ following: v.array(v.string()), muted: v.array(v.string()) })
export type Topics = v.InferOutput<typeof topicsSchema>

/** How long a fault of the line lasts, and a drain. */
export const secondsSchema = v.object({
  seconds: v.pipe(v.number(), v.integer('Whole seconds'), v.minValue(1), v.maxValue(60, 'At most 60')),
})

/** Whose streams the operator ends. */
export const disconnectSchema = v.object({ user: v.string() })

export const userSchema = v.object({ id: v.string(), name: v.string() })
export const topicSchema = v.object({ id: v.string(), name: v.string() })
export type User = v.InferOutput<typeof userSchema>
export type Topic = v.InferOutput<typeof topicSchema>

/** Answer of `GET` and `POST /api/session`. */
export const sessionSchema = v.object({
  user: v.nullable(
    v.object({
      ...userSchema.entries,
      /** Whether this is the operator. */
      admin: v.boolean(),
      /** Ids of the topics this user follows. */
      topics: v.array(v.string()),
      /** Ids of the topics this user has muted. */
      muted: v.array(v.string()),
    }),
  ),
})
export type Session = v.InferOutput<typeof sessionSchema>

const gauge = v.pipe(v.number(), v.minValue(0))

/** What the operator's stream tells every second, as `stats`. Sizes in bytes, times in milliseconds. */
export const statsSchema = v.object({
  /** Milliseconds since the epoch. */
  at: gauge,
  /** Open streams of this process. */
  streams: gauge,
  /** Channels that a stream is on. */
  channels: gauge,
  /** The connected users, those with the most streams first. */
  users: v.array(v.object({ key: v.string(), streams: gauge })),
  /** What came from the log, from every process. */
  entriesPerSecond: gauge,
  /** What this process published. */
  publishedPerSecond: gauge,
  /** Written to the sockets of users' streams. */
  bytesPerSecond: v.optional(gauge),
  /** Of users' streams. */
  backlog: v.object({
    /** Streams whose sockets take nothing more for now. */
    paused: gauge,
    pendingBytes: gauge,
  }),
  /** Gaps told to clients since the start. */
  gaps: gauge,
  window: v.object({
    entries: gauge,
    bytes: gauge,
    /** For how long a client may be away and still resume from memory. */
    span: gauge,
  }),
  memory: v.object({ rss: gauge, heapUsed: gauge }),
  broker: v.picklist(['starting', 'up', 'down', 'refusing']),
  /** Name of this process. All other figures but `hubs` are of this process only. */
  node: v.string(),
  /** Processes that share the log, as far as this one knows. */
  hubs: gauge,
  /** How late timers were within the last second. */
  eventLoopDelay: v.object({ p50: gauge, p99: gauge }),
})
export type Stats = v.InferOutput<typeof statsSchema>

/** Events of the stream by name. */
export const eventSchemas = {
  notification: notificationSchema,
  /** What one has sent and does not receive: another tab has written it. */
  sent: notificationSchema,
  read: readSchema,
  unread: readSchema,
  'read-all': readAllSchema,
  moved: movedSchema,
  topics: topicsSchema,
  seen: seenSchema,
}

/** Events of the stream: what the hub publishes and the page maps to mutations. */
export interface NotificationEvents {
  notification: Notification
  sent: Notification
  read: Read
  unread: Read
  'read-all': ReadAll
  moved: Moved
  topics: Topics
  seen: Seen
}
