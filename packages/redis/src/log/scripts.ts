import { createHash } from 'node:crypto'
import { commandChannel, maxEnded, maxRecords } from '@sse/core/internal'

/** A script for Redis. It is sent by its digest, and as a text if Redis does not know the digest yet. */
export interface Script {
  readonly text: string
  readonly digest: string
}

/** The version of the keys, fields and ids below. A log of a later version is refused; a log of the former version is begun anew. */
const version = '2'
const formerVersion = '1'

/** Begins the log if there is none. KEYS: the log, its meta hash. ARGV[1]: the epoch of a new log. */
const begin = `
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
local meta = redis.call('HMGET', KEYS[2], 'epoch', 'head', 'version')
local epoch, head = meta[1], meta[2]
if meta[3] == '${formerVersion}' then
  epoch = nil
elseif meta[3] and meta[3] ~= '${version}' then
  return redis.error_reply('VERSION the log was written by another version of @sse/redis')
end
-- A log that has lost all entries, or its meta hash, is a new log.
if not epoch or (not string.find(head, '-0.0-', 1, true) and redis.call('EXISTS', KEYS[1]) == 0) then
  local oldest = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
  if oldest and oldest[2][1] ~= 'p' then return redis.error_reply('WRONGTYPE another program has written the stream') end
  epoch = ARGV[1]
  head = epoch .. '-0.0-000000000000'
  redis.call('HSET', KEYS[2], 'log', epoch, 'epoch', epoch, 'head', head, 'since', string.format('%.0f', now()), 'version', '${version}')
  redis.call('UNLINK', KEYS[1])
end
`

/**
 * The records of the log. KEYS: the log, its meta hash, the names of the records, their entries, the times when they were set, the ended
 * channels. The names of a channel's records are the range of the members that begin with the channel and a line feed, which no channel
 * contains. The meta hash has the bytes of all records. A log that was begun anew by a process of a former version still has the records of the
 * log before it: the meta hash knows the log that the records belong to.
 */
const records = `
local function range(channel) return '[' .. channel .. '\\n', '(' .. channel .. '\\11' end
local function prepareRecords()
  local of = redis.call('HMGET', KEYS[2], 'log', 'records')
  if of[1] ~= of[2] then
    redis.call('UNLINK', KEYS[3], KEYS[4], KEYS[5], KEYS[6])
    redis.call('HSET', KEYS[2], 'records', of[1], 'recordBytes', '0')
  end
  -- Fails for a key of another program, before anything is appended.
  redis.call('ZCARD', KEYS[3])
  redis.call('HLEN', KEYS[4])
  redis.call('ZCARD', KEYS[5])
end
local function recordSize(name)
  local bytes = redis.call('HSTRLEN', KEYS[4], name)
  return bytes > 0 and bytes + #name or 0
end
-- Counts the bytes that were added, or removed.
local function grow(bytes)
  if bytes ~= 0 then redis.call('HINCRBY', KEYS[2], 'recordBytes', string.format('%.0f', bytes)) end
end
local function removeRecord(name)
  grow(-recordSize(name))
  redis.call('HDEL', KEYS[4], name)
  redis.call('ZREM', KEYS[3], name)
  redis.call('ZREM', KEYS[5], name)
end
local function changeRecords(change, channels, record, entry, at)
  for _, channel in ipairs(channels) do
    if change == 'clear' then
      for _, name in ipairs(redis.call('ZRANGEBYLEX', KEYS[3], range(channel))) do removeRecord(name) end
    elseif change == 'remove' then
      removeRecord(channel .. '\\n' .. record)
    else
      local name = channel .. '\\n' .. record
      grow(#name + #entry - recordSize(name))
      redis.call('HSET', KEYS[4], name, entry)
      redis.call('ZADD', KEYS[3], 0, name)
      redis.call('ZADD', KEYS[5], string.match(at, '^%d+'), name)
    end
  end
end
`

/** A replica lags behind. A write that does nothing shows whether this is a replica. */
const refuseReplica = `
local written = redis.pcall('HDEL', KEYS[2], '-')
if type(written) == 'table' and written.err and string.find(written.err, 'READONLY', 1, true) then return written end
`

/**
 * Reads the state of the log, and whether it continues after a cursor. KEYS[3]: the signals. ARGV: epoch, the cursor's stream id, its
 * epoch and nonce, its id. Returns the epoch, the head, the position before the oldest entry, whether the cursor's entry or the entry
 * after it is held, when the epoch began, the first epoch of the log, and the stream id of the newest signal.
 */
export const look = script(`
${refuseReplica}
${begin}
local oldest = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
local base = head
if oldest and oldest[2][1] == 'p' then base = oldest[2][2] end
local held = 0
if ARGV[2] then
  for _, entry in ipairs(redis.call('XRANGE', KEYS[1], ARGV[2], '+', 'COUNT', 2)) do
    if entry[1] == ARGV[2] and entry[2][4] == ARGV[3] or entry[2][2] == ARGV[4] then held = 1 end
  end
end
local since = redis.call('HMGET', KEYS[2], 'since', 'log')
local signal = redis.call('XREVRANGE', KEYS[3], '+', '-', 'COUNT', 1)[1]
return {epoch, head, base, held, since[1], since[2], signal and signal[1] or '0-0'}
`)

/**
 * Reads a page of the log that ends after a number of bytes. KEYS: the log. ARGV: `XRANGE` or `XREVRANGE`, from, to, the maximum of
 * entries, the bytes. Returns the entries (at least two if there are two), whether there are more, and the bytes. It reads a few entries
 * at a time, because they may be large.
 */
export const page = script(`
local found, bytes, from, step = {}, 0, ARGV[2], 8
local most, limit = tonumber(ARGV[4]), tonumber(ARGV[5])
while true do
  local part = redis.call(ARGV[1], KEYS[1], from, ARGV[3], 'COUNT', math.min(step, most - #found))
  for index, entry in ipairs(part) do
    found[#found + 1] = entry
    for _, field in ipairs(entry[2]) do bytes = bytes + #field end
    if #found >= most or (bytes >= limit and #found >= 2) then
      local after = part[index + 1] or redis.call(ARGV[1], KEYS[1], '(' .. entry[1], ARGV[3], 'COUNT', 1)[1]
      return {found, after and 1 or 0, bytes}
    end
  end
  if #part < step then return {found, 0, bytes} end
  from, step = '(' .. part[#part][1], 64
end
`)

/** Reads which entries were appended after a stream id: their stream ids, epochs and nonces, without their data. KEYS: the log. ARGV: the stream id, how many. */
export const appended = script(`
local found, from, left = {}, ARGV[1], tonumber(ARGV[2])
while left > 0 do
  local part = redis.call('XRANGE', KEYS[1], '(' .. from, '+', 'COUNT', math.min(64, left))
  for _, entry in ipairs(part) do
    found[#found + 1] = entry[1]
    found[#found + 1] = entry[2][1] == 'p' and entry[2][4] or ''
  end
  if #part < math.min(64, left) then break end
  from, left = part[#part][1], left - #part
end
return found
`)

/**
 * Reads the records of channels. KEYS: see `records`. ARGV: epoch, then the channels. Returns the head, and the entries of the records as
 * `append` stores them, in any order.
 */
export const readRecords = script(`
${refuseReplica}
${begin}
${records}
prepareRecords()
local found = {head}
for index = 2, #ARGV do
  local names = redis.call('ZRANGEBYLEX', KEYS[3], range(ARGV[index]))
  for from = 1, #names, 500 do
    local entries = redis.call('HMGET', KEYS[4], unpack(names, from, math.min(#names, from + 499)))
    for _, entry in ipairs(entries) do found[#found + 1] = entry end
  end
end
return found
`)

/** Reads the channels whose newest entry is an end. KEYS: see `records`. ARGV: epoch. Returns the head, and the channels. */
export const readEnded = script(`
${refuseReplica}
${begin}
${records}
prepareRecords()
local found = redis.call('ZRANGE', KEYS[6], 0, -1)
table.insert(found, 1, head)
return found
`)

/**
 * Appends the removal of records that were last set before a time. KEYS: see `records`. ARGV: epoch, the length of the log, the age in
 * milliseconds, then nonces: one for each entry at most. Returns how many were removed.
 */
export const removeOldRecords = script(`
${refuseReplica}
${begin}
${records}
prepareRecords()
local before = '(' .. string.format('%.0f', now() - ARGV[3])
local names = redis.call('ZRANGEBYSCORE', KEYS[5], '-inf', before, 'LIMIT', 0, #ARGV - 3)
for index, name in ipairs(names) do
  local channel, record = string.match(name, '^([^\\n]*)\\n(.*)$')
  if channel == '${commandChannel}' then
    redis.call('ZREM', KEYS[5], name)
  else
    local nonce, texts = ARGV[3 + index], { cjson.encode(channel), cjson.encode(record) }
    local at = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], '*', 'p', head, 'n', epoch .. '-' .. nonce,
      'h', '[[' .. texts[1] .. '],"sse.removed",' .. texts[2] .. ']', 'd', '{"channel":' .. texts[1] .. ',"record":' .. texts[2] .. '}')
    head = epoch .. '-' .. string.gsub(at, '%-', '.') .. '-' .. nonce
    removeRecord(name)
  end
end
if #names > 0 then redis.call('HSET', KEYS[2], 'epoch', epoch, 'head', head) end
return #names
`)

/**
 * Appends events. KEYS: see `records`; KEYS[7]: the writer, KEYS[8…]: idempotency keys. ARGV: epoch, the token of the writer, the length of
 * the log, the lifetime of a key, whether an event changes records, the bytes that all records may have; then for each event its nonce,
 * header, data, the number of its key or 0, and the change that it makes to records. Returns the ids. Instead of an id, a channel that has too
 * many records, after a `!`, or a `#` if the records have too many bytes.
 */
export const append = script(`
if redis.call('GET', KEYS[7]) ~= ARGV[2] then return redis.error_reply('FENCED another connection of this process may append') end
${begin}
-- Whatever would make the last command fail makes this one fail too: nothing is done by half.
redis.call('HSET', KEYS[2], 'epoch', epoch)
${records}
if ARGV[5] == '1' then prepareRecords() end
local function fullChannel(channels, record)
  for _, channel in ipairs(channels) do
    local isNew = not redis.call('ZSCORE', KEYS[3], channel .. '\\n' .. record)
    if isNew and redis.call('ZLEXCOUNT', KEYS[3], range(channel)) >= ${maxRecords} then return channel end
  end
end
local function exceedsBytes(channels, record, size)
  if channels[1] == '${commandChannel}' then return false end
  local growth = 0
  for _, channel in ipairs(channels) do
    local name = channel .. '\\n' .. record
    growth = growth + #name + size - recordSize(name)
  end
  return growth > 0 and tonumber(redis.call('HGET', KEYS[2], 'recordBytes') or 0) + growth > tonumber(ARGV[6])
end
local ends = redis.call('ZCARD', KEYS[6])
-- An entry opens its channels again, unless it ends them.
local function noteEnd(change, channels, at)
  for _, channel in ipairs(channels) do
    if change == 'clear' then redis.call('ZADD', KEYS[6], string.match(at, '^%d+'), channel)
    else redis.call('ZREM', KEYS[6], channel) end
  end
  if change == 'clear' then redis.call('ZREMRANGEBYRANK', KEYS[6], 0, -${maxEnded + 1}) end
  ends = redis.call('ZCARD', KEYS[6])
end
local used = {}
for index = 8, #KEYS do
  local id = redis.call('GET', KEYS[index])
  -- A key of the former version names an entry of a log that is gone.
  if id and string.find(id, '.', 1, true) then used[KEYS[index]] = id end
end
local ids = {}
for index = 7, #ARGV, 5 do
  local key = ARGV[index + 3] ~= '0' and KEYS[7 + tonumber(ARGV[index + 3])]
  local id = key and used[key]
  local change, channels, record = ARGV[index + 4], {}, nil
  if change ~= '' or ends > 0 then
    local header = cjson.decode(ARGV[index + 1])
    channels, record = header[1], header[3]
  end
  local full = not id and change == 'set' and fullChannel(channels, record)
  -- The id of the entry, the id before it, its epoch and nonce: about 120 bytes.
  local size = 120 + #ARGV[index + 1] + #ARGV[index + 2]
  if full then
    id = '!' .. full
  elseif not id and change == 'set' and exceedsBytes(channels, record, size) then
    id = '#'
  elseif not id then
    local nonce = ARGV[index]
    local at = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[3], '*',
      'p', head, 'n', epoch .. '-' .. nonce, 'h', ARGV[index + 1], 'd', ARGV[index + 2])
    id = epoch .. '-' .. string.gsub(at, '%-', '.') .. '-' .. nonce
    if change ~= '' then
      local entry = {at, head, epoch .. '-' .. nonce, ARGV[index + 1], ARGV[index + 2]}
      changeRecords(change, channels, record, table.concat(entry, '\\n'), at)
    end
    if change == 'clear' or ends > 0 then noteEnd(change, channels, at) end
    head = id
    if key then
      redis.call('SET', key, id, 'PX', ARGV[4])
      used[key] = id
    end
  end
  ids[#ids + 1] = id
end
redis.call('HSET', KEYS[2], 'head', head)
return ids
`)

/**
 * Tells all brokers that the log has lost an entry. ARGV: the new epoch, the entry's stream id, its epoch and nonce, a nonce, and the
 * epoch that the broker has seen. The head gets a new id, so the next entry does not follow any entry that a broker knows. A second call
 * for the same loss changes nothing.
 */
export const fork = script(`
${begin}
if epoch ~= ARGV[5] then return 0 end
local entry = redis.call('XRANGE', KEYS[1], ARGV[2], ARGV[2])[1]
if entry and entry[2][4] == ARGV[3] then return 0 end
head = ARGV[1] .. '-' .. string.match(head, '%d+%.%d+') .. '-' .. ARGV[4]
-- The clock of the former primary may have been ahead.
local since = math.max(now(), tonumber(string.match(ARGV[2], '^%d+')))
redis.call('HSET', KEYS[2], 'epoch', ARGV[1], 'head', head, 'since', string.format('%.0f', since))
return 1
`)

/** Reads the eviction policy; an empty text if memory has no limit. KEYS: a key of the log, which leads to its node. */
export const eviction = script(`
local memory = redis.call('INFO', 'memory')
if string.find(memory, 'maxmemory:0\\r') then return '' end
return string.match(memory, 'maxmemory_policy:([%w-]+)') or ''
`)

/**
 * Sends signals. KEYS: the stream of signals. ARGV: how many signals it keeps, how many bytes, how many milliseconds after the last
 * signal; then the texts. If a text is long, the stream keeps fewer, so that a slow process has little to read.
 */
export const signal = script(`
for index = 4, #ARGV do
  local fitting = math.floor(ARGV[2] / math.max(1, #ARGV[index]))
  redis.call('XADD', KEYS[1], 'MAXLEN', '~', math.min(ARGV[1], fitting), '*', 't', ARGV[index])
end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
`)

function script(text: string): Script {
  return { text, digest: createHash('sha1').update(text).digest('hex') }
}

/** What the stream of signals keeps for its readers. */
const keptSignals = { entries: 1_000, bytes: 1_048_576, milliseconds: 60_000 }

/** The arguments of the script that sends signals. */
export function signalArguments(texts: readonly string[]): string[] {
  const { entries, bytes, milliseconds } = keptSignals
  return [entries, bytes, milliseconds, ...texts].map(String)
}
