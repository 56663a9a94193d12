import { people } from '../directory.ts'
import { orderTables } from '../nodes/orders.ts'
import { outboxTables } from '../publishing/outbox.ts'

/** What everybody follows at first. */
export const initialFollows = people
  .flatMap(({ id, firstTopics }) =>
    firstTopics.map((topic) => `INSERT INTO follows VALUES ('${id}', '${topic}');`),
  )
  .join('')

/** Steps from one version of the tables to the next, as SQL. Only ever add at the end. */
export const migrations: readonly string[] = [
  `CREATE TABLE notifications (
     id         INTEGER PRIMARY KEY AUTOINCREMENT,
     channel    TEXT NOT NULL,
     sender     TEXT NOT NULL,
     title      TEXT NOT NULL,
     body       TEXT NOT NULL,
     created_at TEXT NOT NULL
   ) STRICT;
   CREATE INDEX notifications_by_channel ON notifications (channel, id);
   CREATE TABLE reads (
     user_id         TEXT NOT NULL,
     notification_id INTEGER NOT NULL REFERENCES notifications (id) ON DELETE CASCADE,
     read_at         TEXT NOT NULL,
     PRIMARY KEY (user_id, notification_id)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE secrets (
     name  TEXT PRIMARY KEY,
     value TEXT NOT NULL
   ) STRICT, WITHOUT ROWID;`,

  // Who has read what is a mark per channel and the exceptions above it; what is unread is a difference of two ordinals.
  `ALTER TABLE notifications ADD COLUMN ordinal INTEGER NOT NULL DEFAULT 0; -- its number within its channel, without holes
   UPDATE notifications SET ordinal = numbered.ordinal
     FROM (SELECT id, row_number() OVER (PARTITION BY channel ORDER BY id) AS ordinal FROM notifications) AS numbered
     WHERE notifications.id = numbered.id;
   CREATE TABLE marks (
     user_id TEXT NOT NULL,
     channel TEXT NOT NULL,
     up_to   INTEGER NOT NULL, -- everything of the channel up to this id is read
     PRIMARY KEY (user_id, channel)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE reads_above (
     user_id         TEXT NOT NULL,
     channel         TEXT NOT NULL,
     notification_id INTEGER NOT NULL REFERENCES notifications (id), -- greater than the mark
     PRIMARY KEY (user_id, channel, notification_id)
   ) STRICT, WITHOUT ROWID;
   INSERT INTO reads_above SELECT user_id, channel, notification_id FROM reads JOIN notifications ON id = notification_id;
   DROP TABLE reads;
   ALTER TABLE reads_above RENAME TO reads;
   CREATE TABLE follows (
     user_id TEXT NOT NULL,
     topic   TEXT NOT NULL,
     PRIMARY KEY (user_id, topic)
   ) STRICT, WITHOUT ROWID;
   ${initialFollows}
   CREATE TABLE mutes (
     user_id TEXT NOT NULL,
     topic   TEXT NOT NULL,
     PRIMARY KEY (user_id, topic)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE sends (
     user_id         TEXT NOT NULL,
     key             TEXT NOT NULL, -- the Idempotency-Key it was sent with
     notification_id INTEGER NOT NULL REFERENCES notifications (id),
     sent_at         INTEGER NOT NULL, -- milliseconds since the epoch
     PRIMARY KEY (user_id, key)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX sends_by_age ON sends (sent_at);`,

  outboxTables,

  // A session ends here, not with the cookie. Those of before were in signed cookies: everybody signs in once more.
  `DROP TABLE secrets;
   CREATE TABLE sessions (
     id         TEXT PRIMARY KEY, -- the hash of the key that the browser has
     user_id    TEXT NOT NULL,
     expires_at INTEGER NOT NULL -- milliseconds since the epoch
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX sessions_by_end ON sessions (expires_at);`,

  // What one has marked as unread, archived and deleted; what is asked of every process; what one has sent; and a full-text index, of three letters each so that it finds parts of words.
  `CREATE TABLE unreads (
     user_id         TEXT NOT NULL,
     channel         TEXT NOT NULL,
     notification_id INTEGER NOT NULL REFERENCES notifications (id), -- not greater than the mark
     PRIMARY KEY (user_id, channel, notification_id)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE places (
     user_id         TEXT NOT NULL,
     notification_id INTEGER NOT NULL REFERENCES notifications (id),
     place           TEXT NOT NULL CHECK (place IN ('archived', 'deleted')), -- what is in the inbox has no row
     PRIMARY KEY (user_id, notification_id)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX notifications_by_sender ON notifications (sender, id);
   ALTER TABLE notifications ADD COLUMN text TEXT GENERATED ALWAYS AS (title || char(10) || body) VIRTUAL;
   CREATE VIRTUAL TABLE notifications_text USING fts5 (text, content = 'notifications', content_rowid = 'id', tokenize = 'trigram');
   INSERT INTO notifications_text (notifications_text) VALUES ('rebuild');
   CREATE TRIGGER notifications_text_added AFTER INSERT ON notifications BEGIN
     INSERT INTO notifications_text (rowid, text) VALUES (new.id, new.text);
   END;
   CREATE TRIGGER notifications_text_removed AFTER DELETE ON notifications BEGIN
     INSERT INTO notifications_text (notifications_text, rowid, text) VALUES ('delete', old.id, old.text);
   END;
   ${orderTables}`,
]
