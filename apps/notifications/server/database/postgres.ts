/** The same tables in PostgreSQL, and how work is done in them. */
import type { Pool, PoolClient } from 'pg'
import { initialFollows } from './migrations.ts'
import type { Row, Work } from './work.ts'

/** The key of an advisory lock, which a change or the making of the tables holds until it has ended. */
const oneAtATime = 'SELECT pg_advisory_xact_lock(7281939)'

const tables = `
  CREATE FUNCTION json_each(list text) RETURNS TABLE (value text) LANGUAGE sql IMMUTABLE AS
    'SELECT json_array_elements_text(list::json)';
  CREATE FUNCTION instr(whole text, part text) RETURNS integer LANGUAGE sql IMMUTABLE AS
    'SELECT position(part in whole)';
  CREATE TABLE notifications (
    id         BIGINT PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    channel    TEXT NOT NULL,
    ordinal    BIGINT NOT NULL, -- its number within its channel, without holes
    sender     TEXT NOT NULL,
    title      TEXT NOT NULL,
    body       TEXT NOT NULL,
    created_at TEXT NOT NULL
  );
  CREATE INDEX notifications_by_channel ON notifications (channel, id);
  CREATE INDEX notifications_by_sender ON notifications (sender, id);
  -- In SQLite this is a full-text index.
  CREATE VIEW notifications_text AS
    SELECT id AS rowid, lower(title || chr(10) || body) AS text FROM notifications;
  CREATE TABLE marks (user_id TEXT, channel TEXT, up_to BIGINT NOT NULL, PRIMARY KEY (user_id, channel));
  CREATE TABLE reads (
    user_id TEXT, channel TEXT, notification_id BIGINT REFERENCES notifications (id),
    PRIMARY KEY (user_id, channel, notification_id)
  );
  CREATE TABLE unreads (
    user_id TEXT, channel TEXT, notification_id BIGINT REFERENCES notifications (id),
    PRIMARY KEY (user_id, channel, notification_id)
  );
  CREATE TABLE places (
    user_id TEXT, notification_id BIGINT REFERENCES notifications (id), place TEXT NOT NULL,
    PRIMARY KEY (user_id, notification_id)
  );
  CREATE TABLE orders (
    id BIGINT PRIMARY KEY GENERATED ALWAYS AS IDENTITY, giver TEXT NOT NULL, given_at BIGINT NOT NULL, text TEXT NOT NULL
  );
  CREATE TABLE follows (user_id TEXT, topic TEXT, PRIMARY KEY (user_id, topic));
  CREATE TABLE mutes (user_id TEXT, topic TEXT, PRIMARY KEY (user_id, topic));
  CREATE TABLE sends (
    user_id TEXT, key TEXT, notification_id BIGINT NOT NULL REFERENCES notifications (id), sent_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, key)
  );
  CREATE INDEX sends_by_age ON sends (sent_at);
  CREATE TABLE sessions (id TEXT PRIMARY KEY, user_id TEXT NOT NULL, expires_at BIGINT NOT NULL);
  CREATE INDEX sessions_by_end ON sessions (expires_at);
  ${initialFollows}`

/** Makes the tables, unless another node has made them. */
export async function makeTables(pool: Pool): Promise<void> {
  await inTransaction(pool, async (client) => {
    const { rows } = await client.query("SELECT to_regclass('notifications') AS made")
    if (rows[0]?.made === null) await client.query(tables)
  })
}

/** Does the work, statement by statement. */
export async function doWorkIn<T>(client: Pool | PoolClient, work: Work<T>): Promise<T> {
  for (let step = work.next(); ; ) {
    if (step.done) return step.value
    const { text, values } = numbered(step.value)
    step = work.next((await client.query<Row>(text, values)).rows)
  }
}

/**
 * Commits what a function does, or nothing. As in SQLite there is one such transaction at a time, in all nodes: so the ids of notifications are in
 * the order of the commits.
 */
export async function inTransaction<T>(pool: Pool, run: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  try {
    await client.query('BEGIN')
    await client.query(oneAtATime)
    const result = await run(client)
    await client.query('COMMIT')
    client.release()
    return result
  } catch (error) {
    // A connection that is lost has rolled back by itself.
    const lost = await client.query('ROLLBACK').then(
      () => false,
      () => true,
    )
    client.release(lost)
    throw error
  }
}

/** PostgreSQL knows parameters by their number only. */
function numbered({ sql, params }: { sql: string; params: Readonly<Record<string, string | number>> }) {
  const names = Object.keys(params)
  const text = sql.replace(/:([A-Za-z]+)/g, (_, name: string) => `$${names.indexOf(name) + 1}`)
  return { text, values: Object.values(params) }
}
