import { checkNames, checkObject } from '../check.ts'
import { SseError, show } from '../errors.ts'
import { toChannels } from '../log/channel.ts'
import type { SchemaIssue, SchemaResult, StandardSchemaMap } from '../standard-schema.ts'
import { isThenable } from '../thenable.ts'
import { serialize } from '../wire/data.ts'
import { checkEventName } from '../wire/encode.ts'
import type { PublishOptions } from './types.ts'

const optionNames = ['event', 'idempotencyKey', 'record', 'volatile']

/** The rules of a hub for every event. */
export interface MessageRules {
  readonly events?: StandardSchemaMap | undefined
  readonly maxEventBytes: number
  /** @throws {SseError} `invalid-record` for a channel without records */
  readonly checkRecords: (channels: readonly string[]) => void
}

/** An event as it is passed to the broker. */
export interface Message {
  readonly channels: readonly string[]
  readonly event: string | undefined
  readonly data: string
  readonly idempotencyKey?: string | undefined
  readonly record?: string | undefined
  /** Not for the log: it is sent to live streams only. */
  readonly volatile?: boolean | undefined
}

/**
 * Checks and serialises an event. It returns a promise only if the schema does, so that events without asynchronous schemas keep the order of
 * the calls.
 *
 * @throws {SseError} `invalid-channel`, `invalid-option`, `invalid-event`, `invalid-key`, `invalid-record`, `invalid-data`, `event-too-large`
 */
export function toMessage(
  channels: string | readonly string[],
  data: unknown,
  options: PublishOptions,
  { events, maxEventBytes, checkRecords }: MessageRules,
): Message | Promise<Message> {
  const names = toChannels(channels, { byApp: true })
  checkObject('options', options)
  checkNames('', options, optionNames)
  const { event, idempotencyKey, record, volatile } = options
  if (event !== undefined) checkEventName(event)
  if (idempotencyKey !== undefined) checkIdempotencyKey(idempotencyKey)
  if (record !== undefined) {
    checkRecord(record)
    checkRecords(names)
  }
  checkVolatile(volatile, { idempotencyKey, record })
  const message = (output: unknown) => ({
    channels: names,
    event,
    data: textOf(output, maxEventBytes),
    idempotencyKey,
    record,
    volatile,
  })
  if (!events) return message(data)
  const output = validate(events, event, data)
  return isThenable(output) ? Promise.resolve(output).then(message) : message(output)
}

function textOf(data: unknown, maxBytes: number): string {
  const text = serialize(data)
  const bytes = Buffer.byteLength(text)
  if (bytes <= maxBytes) return text
  throw new SseError(
    'event-too-large',
    `The data has ${bytes} bytes, and ${maxBytes} are allowed: publish a reference to it, or raise maxEventBytes.`,
    { value: data },
  )
}

/** @throws {SseError} `invalid-record` */
export function checkRecord(record: unknown): asserts record is string {
  if (
    typeof record === 'string' &&
    record !== '' &&
    record.isWellFormed() &&
    Buffer.byteLength(record) <= 256
  )
    return
  throw new SseError(
    'invalid-record',
    `${show(record)} is not a valid record: use 1 to 256 bytes of well-formed Unicode.`,
    { value: record },
  )
}

function checkVolatile(
  volatile: unknown,
  { idempotencyKey, record }: Pick<PublishOptions, 'idempotencyKey' | 'record'>,
): void {
  if (volatile !== undefined && typeof volatile !== 'boolean') {
    const message = `volatile must be true or false, not ${show(volatile)}.`
    throw new SseError('invalid-option', message, { value: volatile })
  }
  if (!volatile || (idempotencyKey === undefined && record === undefined)) return
  const name = record === undefined ? 'idempotencyKey' : 'record'
  const message = `A volatile event is not in the log, so it cannot have ${name}: leave one of them out.`
  throw new SseError('invalid-option', message, { value: idempotencyKey ?? record })
}

function checkIdempotencyKey(key: unknown): void {
  if (typeof key === 'string' && key !== '' && key.isWellFormed() && Buffer.byteLength(key) <= 128) return
  throw new SseError(
    'invalid-key',
    `${show(key)} is not a valid idempotency key: use 1 to 128 bytes of well-formed Unicode.`,
    { value: key },
  )
}

/**
 * Validates the data of an event with its schema, and returns the output of the schema or a promise of it. Every event needs a schema, except
 * `message`.
 *
 * @throws {SseError} `invalid-event` for an event without a schema; `invalid-data` with the issues of the schema
 */
function validate(schemas: StandardSchemaMap, event: string | undefined, data: unknown): unknown {
  const name = event ?? 'message'
  const schema = Object.hasOwn(schemas, name) ? schemas[name] : undefined
  if (!schema) {
    if (name === 'message') return data
    const known = Object.keys(schemas).map(show).join(', ')
    throw new SseError(
      'invalid-event',
      `${show(name)} has no schema: publish ${known || 'nothing'}, or add it to events.`,
      {
        value: name,
      },
    )
  }
  const result = schema['~standard'].validate(data)
  return isThenable(result)
    ? Promise.resolve(result).then((settled) => outputOf(settled as SchemaResult<unknown>, name, data))
    : outputOf(result, name, data)
}

function outputOf(result: SchemaResult<unknown>, event: string, data: unknown): unknown {
  if (typeof result !== 'object' || result === null || !('value' in result || result.issues)) {
    const message = `The schema of ${show(event)} returned ${show(result)}: a Standard Schema returns { value } or { issues }.`
    throw new SseError('invalid-data', message, { value: data })
  }
  if (!result.issues) return result.value
  throw new SseError(
    'invalid-data',
    `${show(data)} is not valid data for the event ${show(event)}: ${result.issues.map(describe).join('; ')}.`,
    {
      value: data,
      issues: result.issues,
    },
  )
}

function describe({ message, path = [] }: SchemaIssue): string {
  const place = path.map((step) => String(typeof step === 'object' ? step.key : step)).join('.')
  return place ? `${message} at ${place}` : message
}
