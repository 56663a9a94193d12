/** Streams and polls that a client may have at a time. */
export const perKey = 4
/** Milliseconds between two heartbeats. */
export const heartbeat = 1_000
/** Milliseconds in which a client must take something. */
export const stall = 5_000
/** Bytes that may be unread a second after they were sent. */
export const maxUnread = 262_144
