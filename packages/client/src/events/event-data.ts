import type { SchemaIssue, SchemaResult, StandardSchemaMap } from './standard-schema.ts'

/**
 * How the text of an event becomes its data.
 *
 * - left out: what `JSON.stringify` writes is turned back, everything else is the text it is (see {@link readData});
 * - `'json'`: always JSON; what does not parse is told as `sse.invalid` and not delivered;
 * - `'text'`: always the text;
 * - a function: what it returns; when it throws, that is `sse.invalid` too.
 */
export type ParseRule = 'json' | 'text' | ((text: string, event: string) => unknown)

/** One rule for all events, or one for each event name; names left out keep the default. */
export type Parse<Name extends string = string> = ParseRule | { readonly [K in Name]?: ParseRule }

/**
 * The default: turns back exactly what `JSON.stringify` writes.
 *
 * Any object or array that parses; numbers, booleans, null and strings only in the one form that `JSON.stringify` gives them, so that
 * `1.0`, `007`, `1e3` and `-0` stay the text a server sent. No outer white space: a token with a space in front keeps it.
 */
export function readData(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return COMPOSITE.test(text) || JSON.stringify(value) === text ? value : text
  } catch {
    return text
  }
}

/** An object or an array without outer white space, if it parses. */
const COMPOSITE = /^[[{].*[\]}]$/s

/** How the events of a client are read. */
export interface Reading {
  readonly parse?: Parse | undefined
  readonly events?: StandardSchemaMap | undefined
}

/** Reads the data of one event, by the rule for its name and the schema for it. A promise only where the schema needs one. Never throws. */
export function readEvent(
  text: string,
  event: string,
  { parse, events }: Reading,
): SchemaResult<unknown> | Promise<SchemaResult<unknown>> {
  try {
    const rule = typeof parse === 'object' ? own(parse, event) : parse
    const value =
      rule === 'json' ? JSON.parse(text) : rule === 'text' ? text : (rule ?? readData)(text, event)
    const schema = own(events, event)
    const result = schema ? schema['~standard'].validate(value) : { value }
    return 'then' in result ? Promise.resolve(result).catch(asIssues) : result
  } catch (error) {
    return asIssues(error)
  }
}

/** Names come from the wire: `constructor` is not a rule. */
const own = <T>(map: Readonly<Record<string, T>> | undefined, name: string): T | undefined =>
  map && Object.hasOwn(map, name) ? map[name] : undefined

const asIssues = (error: unknown): { issues: SchemaIssue[] } => ({
  issues: [{ message: error instanceof Error ? error.message : String(error) }],
})
