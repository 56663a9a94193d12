import { commandChannel, maxEnded } from '@sse/core/internal'

/** The version of the tables and functions below. A log of a later version is refused. */
export const version = 1

/**
 * The SQL that makes the schema, tables and functions of a log, for migrations of the app's own. It changes nothing that is there already,
 * so it may run again. The broker runs it at start unless `migrate` is false.
 *
 * @param schema the option `schema` of the broker. Default `sse`
 * @throws {SseError} `invalid-option`
 */
export function schemaSql(schema: string): string {
  const s = quoted(schema)
  return `
CREATE SCHEMA IF NOT EXISTS ${s};

-- The identity of the log.
CREATE TABLE IF NOT EXISTS ${s}.log (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  version integer NOT NULL,
  epoch text NOT NULL
);

-- The log. It is only appended to, and trimmed at its beginning, so its newest row is found without passing dead rows. The oldest row is
-- the position before the oldest entry that can be read. A row without a header is no entry: the origin, or a place where the log has lost
-- entries. The last row of each batch has the snapshot in which the outbox was read, and the newest row the bytes of all records.
CREATE TABLE IF NOT EXISTS ${s}.entries (
  position bigint PRIMARY KEY,
  nonce text COLLATE "C" NOT NULL,
  at timestamptz NOT NULL,
  receipt bigint,
  header text,
  record text,
  data text,
  seen pg_snapshot,
  record_bytes bigint NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX IF NOT EXISTS entries_by_receipt ON ${s}.entries (receipt) WHERE receipt IS NOT NULL;

-- What transactions of the app have published, until it is given a position.
CREATE TABLE IF NOT EXISTS ${s}.outbox (
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  receipt bigint GENERATED ALWAYS AS IDENTITY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  nonce text COLLATE "C" NOT NULL,
  header text NOT NULL,
  record text,
  data text NOT NULL,
  key text COLLATE "C",
  PRIMARY KEY (xid, receipt)
);

CREATE TABLE IF NOT EXISTS ${s}.keys (
  key text COLLATE "C" PRIMARY KEY,
  expires timestamptz NOT NULL,
  receipt bigint,
  xid xid8,
  position bigint,
  nonce text COLLATE "C"
);
CREATE INDEX IF NOT EXISTS keys_by_age ON ${s}.keys (expires);

-- The newest entry of each record of a channel, whole, because records outlive their entries.
CREATE TABLE IF NOT EXISTS ${s}.records (
  channel text COLLATE "C",
  record text COLLATE "C",
  position bigint NOT NULL,
  nonce text COLLATE "C" NOT NULL,
  previous_position bigint NOT NULL,
  previous_nonce text COLLATE "C" NOT NULL,
  header text NOT NULL,
  data text NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (channel, record)
);

-- The channels whose newest entry is an end.
CREATE TABLE IF NOT EXISTS ${s}.ends (
  channel text COLLATE "C" PRIMARY KEY,
  position bigint NOT NULL
);

-- Signals may be lost, so they are not written to the write-ahead log. Their numbers are, so that they ascend after a crash.
CREATE UNLOGGED TABLE IF NOT EXISTS ${s}.signals (
  number bigint PRIMARY KEY,
  at timestamptz NOT NULL,
  text text NOT NULL
);
CREATE SEQUENCE IF NOT EXISTS ${s}.signal_numbers;

INSERT INTO ${s}.log (version, epoch) VALUES (${version}, substr(md5(random()::text || clock_timestamp()::text), 1, 8))
  ON CONFLICT DO NOTHING;
INSERT INTO ${s}.entries (position, nonce, at, seen)
  SELECT 0, substr(md5(random()::text || clock_timestamp()::text), 1, 12), clock_timestamp(), pg_current_snapshot()
  WHERE NOT EXISTS (SELECT FROM ${s}.entries)
  ON CONFLICT DO NOTHING;

${functions(s)}`
}

/** An identifier, or a string, as SQL. */
export function quoted(name: string, mark = '"'): string {
  return mark + name.replaceAll(mark, mark + mark) + mark
}

function functions(s: string): string {
  const relation = (name: string) => `${quoted(`${s}.${name}`, "'")}::regclass::oid::integer`
  return `
-- Publishes within a transaction of the app. It takes no lock, unless another open transaction has published under the same key.
CREATE OR REPLACE FUNCTION ${s}.enqueue(p_nonce text, p_header text, p_record text, p_data text, p_key text)
RETURNS TABLE (receipt text, xid text, duplicate text) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_receipt bigint;
  v_xid xid8;
BEGIN
  IF p_key IS NOT NULL THEN
    DELETE FROM ${s}.keys WHERE key = p_key AND expires <= clock_timestamp();
    INSERT INTO ${s}.keys (key, expires) VALUES (p_key, clock_timestamp() + interval '10 minutes') ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
      RETURN QUERY SELECT coalesce(k.receipt::text, k.position || '-' || k.nonce), coalesce(k.xid::text, ''), 'true' FROM ${s}.keys k WHERE k.key = p_key;
      RETURN;
    END IF;
  END IF;
  INSERT INTO ${s}.outbox AS o (nonce, header, record, data, key) VALUES (p_nonce, p_header, p_record, p_data, p_key)
    RETURNING o.receipt, o.xid INTO v_receipt, v_xid;
  IF p_key IS NOT NULL THEN
    UPDATE ${s}.keys SET receipt = v_receipt, xid = v_xid WHERE key = p_key;
  END IF;
  RETURN QUERY SELECT v_receipt::text, v_xid::text, 'false';
END $$;

-- What a record counts against the limit of bytes.
CREATE OR REPLACE FUNCTION ${s}.record_size(p_channel text, p_record text, p_header text, p_data text)
RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT (octet_length(p_channel) + octet_length(p_record) + octet_length(p_header) + octet_length(p_data))::bigint;
$$;

-- By how many bytes the records grow if this one is set.
CREATE OR REPLACE FUNCTION ${s}.growth(p_channels text[], p_record text, p_header text, p_data text)
RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT coalesce(sum(${s}.record_size(c, p_record, p_header, p_data) - coalesce(${s}.record_size(r.channel, r.record, r.header, r.data), 0)), 0)::bigint
    FROM (SELECT DISTINCT unnest(p_channels) AS c) u LEFT JOIN ${s}.records r ON r.channel = u.c AND r.record = p_record;
$$;

-- Changes the records of the channels of one entry. Answers by how many bytes the records have grown.
CREATE OR REPLACE FUNCTION ${s}.change_records(p_entry ${s}.entries, p_previous_position bigint, p_previous_nonce text)
RETURNS bigint LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  v_growth bigint;
  v_channels text[] := ARRAY(SELECT json_array_elements_text(p_entry.header::json -> 0));
  v_event text := p_entry.header::json ->> 1;
BEGIN
  IF v_event = 'sse.end' THEN
    WITH gone AS (
      DELETE FROM ${s}.records r WHERE r.channel = ANY(v_channels) RETURNING ${s}.record_size(r.channel, r.record, r.header, r.data) AS size
    ) SELECT -coalesce(sum(size), 0) INTO v_growth FROM gone;
  ELSIF v_event = 'sse.removed' THEN
    WITH gone AS (
      DELETE FROM ${s}.records r WHERE r.channel = ANY(v_channels) AND r.record = p_entry.record
        RETURNING ${s}.record_size(r.channel, r.record, r.header, r.data) AS size
    ) SELECT -coalesce(sum(size), 0) INTO v_growth FROM gone;
  ELSE
    v_growth := ${s}.growth(v_channels, p_entry.record, p_entry.header, p_entry.data);
    INSERT INTO ${s}.records AS r
      SELECT DISTINCT c, p_entry.record, p_entry.position, p_entry.nonce, p_previous_position, p_previous_nonce, p_entry.header, p_entry.data
        FROM unnest(v_channels) c
      ON CONFLICT (channel, record) DO UPDATE SET position = excluded.position, nonce = excluded.nonce,
        previous_position = excluded.previous_position, previous_nonce = excluded.previous_nonce,
        header = excluded.header, data = excluded.data, at = clock_timestamp();
  END IF;
  RETURN v_growth;
END $$;

-- Notes which channels have ended, and which were opened again, by the entries after a position.
CREATE OR REPLACE FUNCTION ${s}.change_ends(p_after bigint)
RETURNS void LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM ${s}.ends) AND NOT EXISTS (SELECT FROM ${s}.entries e WHERE e.position > p_after AND e.record = '') THEN
    RETURN;
  END IF;
  WITH newest AS (
    SELECT DISTINCT ON (c) c AS channel, e.position, coalesce(e.record = '', false) AS is_end
      FROM ${s}.entries e, json_array_elements_text(e.header::json -> 0) c
      WHERE e.position > p_after AND e.header IS NOT NULL
      ORDER BY c, e.position DESC
  ), gone AS (
    DELETE FROM ${s}.ends x USING newest n WHERE x.channel = n.channel AND NOT n.is_end
  ) INSERT INTO ${s}.ends AS x SELECT channel, position FROM newest WHERE is_end
      ON CONFLICT (channel) DO UPDATE SET position = excluded.position;
END $$;

-- Gives positions to what committed transactions have published, and then to the entries of a batch. All of it happens under one lock, which
-- no transaction of the app ever takes. The outbox is read by the transactions that the last batch could not see: these are few, and so no
-- rows are passed that a long transaction keeps from being vacuumed.
--
-- The reply names the position of the first entry of the batch and what was not appended. It is short, because the transaction is committed
-- after the reply is written, and a connection that hangs takes only so much.
--
-- p_after: a position before the first attempt to append the batch. If another attempt has appended some of it, that is answered, and nothing
-- is appended.
-- p_lock_timeout: milliseconds to wait for the lock.
-- p_wait: milliseconds to wait for open transactions that have published under a key of the batch.
-- p_most_records, p_most_bytes: the records that a channel may have, and the bytes of the records of all channels.
CREATE OR REPLACE FUNCTION ${s}.append(
  p_nonces text[], p_headers text[], p_records text[], p_datas text[], p_keys text[], p_after bigint, p_wait integer, p_most_records integer, p_most_bytes bigint, p_sweep boolean, p_lock_timeout integer
) RETURNS TABLE (item integer, outcome text, place text, nonce text)
LANGUAGE plpgsql SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  v_head ${s}.entries;
  v_entry ${s}.entries;
  v_seen pg_snapshot;
  v_drained bigint;
  v_drained_keys text[];
  v_has_records boolean;
  v_claimed text[] := '{}';
  v_repeats integer[] := '{}';
  v_lock_timeout text;
  v_channel text;
  v_channels text[];
  v_item record;
  v_refused boolean;
  v_counts jsonb := '{}';
  v_record_bytes bigint;
  v_growth bigint;
  v_position bigint;
  v_nonce text;
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'the log needs READ COMMITTED, and this transaction is %', upper(current_setting('transaction_isolation')) USING ERRCODE = 'SSE01';
  END IF;
  IF pg_current_xact_id_if_assigned() IS NOT NULL THEN
    RAISE EXCEPTION 'the log is appended to in a transaction of its own' USING ERRCODE = 'SSE01';
  END IF;

  IF cardinality(p_nonces) = 0 THEN
    SELECT * INTO v_head FROM ${s}.entries e ORDER BY e.position DESC LIMIT 1;
    IF NOT p_sweep AND pg_snapshot_xmax(v_head.seen) <= pg_snapshot_xmax(pg_current_snapshot())
      AND NOT EXISTS (SELECT FROM ${s}.outbox o WHERE o.xid >= pg_snapshot_xmax(v_head.seen))
      AND NOT EXISTS (SELECT FROM ${s}.outbox o WHERE o.xid = ANY(ARRAY(SELECT pg_snapshot_xip(v_head.seen)))) THEN
      RETURN;
    END IF;
  END IF;

  -- A key is claimed before the lock, because its transaction may take long.
  IF num_nulls(VARIADIC p_keys) < cardinality(p_keys) THEN
    v_lock_timeout := current_setting('lock_timeout');
    BEGIN
      PERFORM set_config('lock_timeout', p_wait::text, true);
      DELETE FROM ${s}.keys k WHERE k.key = ANY(p_keys) AND k.expires <= clock_timestamp();
      WITH claimed AS (
        INSERT INTO ${s}.keys (key, expires)
          SELECT DISTINCT k, clock_timestamp() + interval '10 minutes' FROM unnest(p_keys) k WHERE k IS NOT NULL ORDER BY k
          ON CONFLICT DO NOTHING RETURNING key
      ) SELECT coalesce(array_agg(key), '{}') INTO v_claimed FROM claimed;
      PERFORM set_config('lock_timeout', v_lock_timeout, true);
    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
      RETURN QUERY SELECT 0, 'contended', NULL, NULL;
      RETURN;
    END;
  END IF;

  -- The process has given up by then.
  PERFORM set_config('lock_timeout', p_lock_timeout::text, true);
  PERFORM pg_advisory_xact_lock(${relation('entries')}, 1);

  SELECT * INTO v_head FROM ${s}.entries e ORDER BY e.position DESC LIMIT 1;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the table entries is empty' USING ERRCODE = 'SSE02';
  END IF;

  IF p_after IS NOT NULL THEN
    IF NOT EXISTS (SELECT FROM ${s}.entries e WHERE e.position = p_after) THEN
      RAISE EXCEPTION 'the entries after % are trimmed', p_after USING ERRCODE = 'SSE03';
    END IF;
    RETURN QUERY
      SELECT n.i::integer, 'appended', e.position::text, e.nonce
        FROM ${s}.entries e JOIN unnest(p_nonces) WITH ORDINALITY n (nonce, i) ON n.nonce = e.nonce
        WHERE e.position > p_after AND e.receipt IS NULL;
    IF FOUND THEN
      RETURN QUERY
        SELECT k.i::integer, 'repeated', f.position::text, f.nonce
          FROM unnest(p_keys, p_nonces) WITH ORDINALITY k (key, nonce, i) JOIN ${s}.keys f ON f.key = k.key
          WHERE f.position IS NOT NULL AND NOT EXISTS (SELECT FROM ${s}.entries e WHERE e.position > p_after AND e.nonce = k.nonce);
      DELETE FROM ${s}.keys k WHERE k.key = ANY(v_claimed);
      RETURN;
    END IF;
  END IF;

  -- A log whose database was copied may have seen transactions that this server has not begun.
  v_seen := v_head.seen;
  IF p_sweep OR v_seen IS NULL OR pg_snapshot_xmax(v_seen) > pg_snapshot_xmax(pg_current_snapshot()) THEN
    v_seen := '1:1:';
  END IF;
  WITH now AS MATERIALIZED (
    SELECT pg_current_snapshot() AS snapshot
  ), taken AS (
    DELETE FROM ${s}.outbox o
      WHERE o.xid >= pg_snapshot_xmax(v_seen) OR o.xid = ANY(ARRAY(SELECT pg_snapshot_xip(v_seen)))
      RETURNING o.receipt, o.nonce, o.header, o.record, o.data, o.key
  ), numbered AS (
    SELECT *, row_number() OVER (ORDER BY receipt) AS n, count(*) OVER () AS last FROM taken
  ), added AS (
    INSERT INTO ${s}.entries (position, nonce, at, receipt, header, record, data, seen, record_bytes)
      SELECT v_head.position + n, t.nonce, clock_timestamp(), t.receipt, t.header, t.record, t.data, CASE WHEN n = last THEN snapshot END, v_head.record_bytes
        FROM numbered t, now
      RETURNING 1
  ) SELECT snapshot, (SELECT count(*) FROM added), (SELECT array_agg(key) FROM taken WHERE key IS NOT NULL), EXISTS (SELECT FROM taken WHERE record IS NOT NULL)
    INTO v_seen, v_drained, v_drained_keys, v_has_records FROM now;
  v_record_bytes := v_head.record_bytes;
  v_position := v_head.position + v_drained;
  v_nonce := v_head.nonce;
  IF v_drained > 0 THEN
    IF v_has_records THEN
      FOR v_entry IN SELECT * FROM ${s}.entries e WHERE e.position > v_head.position ORDER BY e.position LOOP
        IF v_entry.record IS NOT NULL THEN
          v_record_bytes := v_record_bytes + ${s}.change_records(v_entry, v_entry.position - 1, v_nonce);
        END IF;
        v_nonce := v_entry.nonce;
      END LOOP;
      UPDATE ${s}.entries e SET record_bytes = v_record_bytes WHERE e.position = v_position AND e.record_bytes <> v_record_bytes;
    END IF;
    SELECT e.nonce INTO v_nonce FROM ${s}.entries e WHERE e.position = v_position;
    IF v_drained_keys IS NOT NULL THEN
      -- A batch that waits for the lock may have locked a row, so no row is waited for.
      FOR v_item IN SELECT k.key, k.receipt FROM ${s}.keys k WHERE k.key = ANY(v_drained_keys) FOR UPDATE SKIP LOCKED LOOP
        UPDATE ${s}.keys k SET position = e.position, nonce = e.nonce
          FROM ${s}.entries e WHERE e.receipt = v_item.receipt AND k.key = v_item.key;
      END LOOP;
    END IF;
    RETURN QUERY SELECT 0, 'drained', (v_position)::text, v_nonce;
  END IF;
  IF cardinality(p_nonces) = 0 THEN
    IF v_drained > 0 THEN
      PERFORM ${s}.change_ends(v_head.position);
    END IF;
    RETURN;
  END IF;

  IF num_nulls(VARIADIC p_keys) < cardinality(p_keys) THEN
    v_repeats := ARRAY(
      SELECT i FROM (
        SELECT i, key, row_number() OVER (PARTITION BY key ORDER BY i) AS nth FROM unnest(p_keys) WITH ORDINALITY k (key, i) WHERE key IS NOT NULL
      ) k WHERE nth > 1 OR NOT key = ANY(v_claimed)
    );
  END IF;

  IF num_nulls(VARIADIC p_records) = cardinality(p_records) THEN
    INSERT INTO ${s}.entries (position, nonce, at, header, data, seen, record_bytes)
      SELECT v_position + row_number() OVER (ORDER BY i), n, clock_timestamp(), h, d, CASE WHEN i = max(i) OVER () THEN v_seen END, v_record_bytes
        FROM unnest(p_nonces, p_headers, p_datas) WITH ORDINALITY u (n, h, d, i)
        WHERE NOT i = ANY(v_repeats);
  ELSE
    FOR v_item IN SELECT * FROM unnest(p_nonces, p_headers, p_records, p_datas, p_keys) WITH ORDINALITY u (nonce, header, record, data, key, i) ORDER BY i LOOP
      CONTINUE WHEN v_item.i = ANY(v_repeats);
      v_refused := false;
      IF v_item.record <> '' AND v_item.header::json ->> 1 IS DISTINCT FROM 'sse.removed' THEN
        v_channels := ARRAY(SELECT json_array_elements_text(v_item.header::json -> 0));
        v_growth := ${s}.growth(v_channels, v_item.record, v_item.header, v_item.data);
        IF v_growth > 0 AND v_record_bytes + v_growth > p_most_bytes AND v_channels[1] <> ${quoted(commandChannel, "'")} THEN
          DELETE FROM ${s}.keys k WHERE k.key = v_item.key;
          RETURN QUERY SELECT v_item.i::integer, 'refused', 'bytes', NULL;
          CONTINUE;
        END IF;
        v_channels := ARRAY(
          SELECT DISTINCT c FROM unnest(v_channels) c
            WHERE NOT EXISTS (SELECT FROM ${s}.records r WHERE r.channel = c AND r.record = v_item.record)
        );
        FOREACH v_channel IN ARRAY v_channels LOOP
          -- Counted once for a batch. Records that it removes are not counted again, so the limit may hold a little early.
          IF NOT jsonb_exists(v_counts, v_channel) THEN
            v_counts := v_counts || jsonb_build_object(v_channel, (SELECT count(*) FROM ${s}.records r WHERE r.channel = v_channel));
          END IF;
          v_refused := v_refused OR (v_counts ->> v_channel)::bigint >= p_most_records;
        END LOOP;
        IF NOT v_refused THEN
          FOREACH v_channel IN ARRAY v_channels LOOP
            v_counts := jsonb_set(v_counts, ARRAY[v_channel], to_jsonb((v_counts ->> v_channel)::bigint + 1));
          END LOOP;
        END IF;
      END IF;
      IF v_refused THEN
        DELETE FROM ${s}.keys k WHERE k.key = v_item.key;
        RETURN QUERY SELECT v_item.i::integer, 'refused', NULL, NULL;
        CONTINUE;
      END IF;
      v_position := v_position + 1;
      INSERT INTO ${s}.entries AS e (position, nonce, at, header, record, data, seen, record_bytes)
        VALUES (v_position, v_item.nonce, clock_timestamp(), v_item.header, v_item.record, v_item.data, v_seen, v_record_bytes)
        RETURNING * INTO v_entry;
      IF v_item.record IS NOT NULL THEN
        v_record_bytes := v_record_bytes + ${s}.change_records(v_entry, v_position - 1, v_nonce);
      END IF;
      v_nonce := v_item.nonce;
    END LOOP;
    UPDATE ${s}.entries e SET record_bytes = v_record_bytes WHERE e.position = v_position AND e.record_bytes <> v_record_bytes;
  END IF;
  PERFORM ${s}.change_ends(v_head.position);

  IF cardinality(v_claimed) > 0 THEN
    UPDATE ${s}.keys k SET position = e.position, nonce = e.nonce
      FROM unnest(p_keys, p_nonces) u (key, nonce) JOIN ${s}.entries e ON e.nonce = u.nonce AND e.position > v_head.position
      WHERE k.key = u.key AND k.key = ANY(v_claimed);
  END IF;
  RETURN QUERY SELECT 0, 'first', (v_head.position + v_drained + 1)::text, '';
  IF cardinality(v_repeats) > 0 THEN
    RETURN QUERY
      SELECT i.i, CASE WHEN coalesce(k.position, e.position) IS NULL THEN 'refused' ELSE 'repeated' END, coalesce(k.position, e.position)::text, coalesce(k.nonce, e.nonce)
        FROM unnest(v_repeats) i (i) LEFT JOIN ${s}.keys k ON k.key = p_keys[i.i]
        LEFT JOIN ${s}.entries e ON e.receipt = k.receipt;
  END IF;
END $$;

-- Marks that the log has lost the entry of a position. Every process then tells its clients of a gap, because some may not have received it.
CREATE OR REPLACE FUNCTION ${s}.fork(p_position bigint, p_nonce text, p_marker text)
RETURNS TABLE (marked text) LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  v_head ${s}.entries;
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'the log needs READ COMMITTED, and this transaction is %', upper(current_setting('transaction_isolation')) USING ERRCODE = 'SSE01';
  END IF;
  PERFORM pg_advisory_xact_lock(${relation('entries')}, 1);
  SELECT * INTO v_head FROM ${s}.entries e ORDER BY e.position DESC LIMIT 1;
  IF EXISTS (SELECT FROM ${s}.entries e WHERE e.position = p_position AND e.nonce = p_nonce)
    OR EXISTS (SELECT FROM ${s}.entries e WHERE e.position > p_position AND e.header IS NULL)
    OR NOT EXISTS (SELECT FROM ${s}.entries e WHERE e.position <= p_position) THEN
    RETURN;
  END IF;
  INSERT INTO ${s}.entries (position, nonce, at, seen, record_bytes)
    VALUES (greatest(v_head.position, p_position) + 1, p_marker, clock_timestamp(), v_head.seen, v_head.record_bytes);
  RETURN QUERY SELECT 'true';
END $$;

-- Appends the removal of records that nobody has set for long, one for each nonce at most. Answers how many.
CREATE OR REPLACE FUNCTION ${s}.remove_old_records(p_age interval, p_nonces text[])
RETURNS TABLE (removed text) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_head ${s}.entries;
  v_entry ${s}.entries;
  v_old record;
  v_count integer := 0;
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'the log needs READ COMMITTED, and this transaction is %', upper(current_setting('transaction_isolation')) USING ERRCODE = 'SSE01';
  END IF;
  IF NOT EXISTS (SELECT FROM ${s}.records r WHERE r.at < clock_timestamp() - p_age AND r.channel <> ${quoted(commandChannel, "'")}) THEN
    RETURN QUERY SELECT '0';
    RETURN;
  END IF;
  PERFORM pg_advisory_xact_lock(${relation('entries')}, 1);
  SELECT * INTO v_head FROM ${s}.entries e ORDER BY e.position DESC LIMIT 1;
  v_entry := v_head;
  FOR v_old IN
    SELECT r.channel, r.record FROM ${s}.records r WHERE r.at < clock_timestamp() - p_age AND r.channel <> ${quoted(commandChannel, "'")}
      ORDER BY r.at LIMIT cardinality(p_nonces)
  LOOP
    v_count := v_count + 1;
    v_head := v_entry;
    INSERT INTO ${s}.entries AS e (position, nonce, at, header, record, data, seen, record_bytes)
      VALUES (v_head.position + 1, p_nonces[v_count], clock_timestamp(), json_build_array(json_build_array(v_old.channel), 'sse.removed')::text, v_old.record,
        json_build_object('channel', v_old.channel, 'record', v_old.record::json)::text, v_head.seen, v_head.record_bytes)
      RETURNING * INTO v_entry;
    v_entry.record_bytes := v_head.record_bytes + ${s}.change_records(v_entry, v_head.position, v_head.nonce);
    UPDATE ${s}.entries e SET record_bytes = v_entry.record_bytes WHERE e.position = v_entry.position;
  END LOOP;
  RETURN QUERY SELECT v_count::text;
END $$;

-- Removes a slice of the oldest entries beyond the limits. Answers whether there may be more, and where the next call may begin: rows that were
-- removed before it may not be vacuumed yet.
CREATE OR REPLACE FUNCTION ${s}.trim(p_from bigint, p_entries bigint, p_age interval, p_slice integer)
RETURNS TABLE (more text, base text) LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  v_head bigint;
  v_base bigint;
  v_old bigint;
BEGIN
  IF NOT pg_try_advisory_xact_lock(${relation('entries')}, 2) THEN
    RETURN;
  END IF;
  SELECT max(e.position) INTO v_head FROM ${s}.entries e;
  SELECT max(e.position), min(e.position) INTO v_base, v_old FROM (
    SELECT o.position, o.at FROM ${s}.entries o WHERE o.position >= p_from ORDER BY o.position LIMIT p_slice + 1
  ) e WHERE e.position <= v_head - p_entries OR e.at < clock_timestamp() - p_age;
  IF v_base > v_old THEN
    DELETE FROM ${s}.entries e WHERE e.position >= v_old AND e.position < v_base;
  END IF;
  -- The oldest row is only a position.
  UPDATE ${s}.entries e SET header = NULL, record = NULL, data = NULL WHERE e.position = v_base AND e.header IS NOT NULL;
  DELETE FROM ${s}.keys k WHERE k.key IN (
    SELECT x.key FROM ${s}.keys x WHERE x.expires <= clock_timestamp() ORDER BY x.expires LIMIT p_slice FOR UPDATE SKIP LOCKED
  );
  DELETE FROM ${s}.ends x WHERE x.channel IN (
    SELECT o.channel FROM ${s}.ends o
      WHERE o.position < (SELECT n.position FROM ${s}.ends n ORDER BY n.position DESC OFFSET ${maxEnded - 1} LIMIT 1) FOR UPDATE SKIP LOCKED
  );
  RETURN QUERY SELECT CASE WHEN v_base - v_old >= p_slice THEN 'true' ELSE 'false' END, coalesce(v_base, p_from)::text;
END $$;

-- Sends signals.
CREATE OR REPLACE FUNCTION ${s}.signal(p_texts text[])
RETURNS TABLE (number text) LANGUAGE plpgsql SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  v_number bigint;
BEGIN
  -- In the order of their numbers, so that a reader skips none.
  PERFORM pg_advisory_xact_lock(${relation('entries')}, 3);
  WITH added AS (
    INSERT INTO ${s}.signals (number, at, text)
      SELECT nextval(${quoted(`${s}.signal_numbers`, "'")}::regclass), clock_timestamp(), t FROM (SELECT t FROM unnest(p_texts) WITH ORDINALITY u (t, i) ORDER BY i) o
      RETURNING number
  ) SELECT max(number) INTO v_number FROM added;
  DELETE FROM ${s}.signals g WHERE g.number IN (
    SELECT o.number FROM ${s}.signals o WHERE o.at < clock_timestamp() - interval '1 minute' ORDER BY o.number LIMIT 256
  );
  RETURN QUERY SELECT v_number::text;
END $$;
`
}
