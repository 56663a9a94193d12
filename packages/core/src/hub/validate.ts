import { SseError, show } from '../errors.ts'
import type { SchemaIssue, SchemaResult, StandardSchemaMap } from '../standard-schema.ts'
import { isThenable } from '../thenable.ts'

/**
 * What a schema makes of an event's data. Only a promise is waited for, so that events which are checked at once keep the order of
 * their calls. A map names all events there are, except `message`, which may go without a schema.
 *
 * @throws {SseError} `invalid-event` for a name that the map does not have; `invalid-data` with the schema's issues
 */
export function validate(schemas: StandardSchemaMap, event: string | undefined, data: unknown): unknown {
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
    const message = `The schema of ${show(event)} answered ${show(result)}: a Standard Schema answers { value } or { issues }.`
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
