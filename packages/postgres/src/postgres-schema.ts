import { schemaSql } from './log/schema.ts'
import { checkSchema } from './options.ts'

/**
 * The SQL that makes the schema, tables and functions of a log, for a migration of the app. It may run again. The broker runs it at start
 * unless its option `migrate` is false.
 *
 * @param schema the option `schema` of the broker. Default `sse`
 * @throws {SseError} `invalid-option`
 */
export function postgresSchema(schema = 'sse'): string {
  checkSchema(schema)
  return schemaSql(schema)
}
