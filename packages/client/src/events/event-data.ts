import { messageOf } from '../http/failure.ts'
import type { SchemaIssue, SchemaResult, StandardSchemaMap } from './standard-schema.ts'

/**
 * How the text of an event becomes its data.
 *
 * - left out: what `JSON.stringify` writes is parsed, everything else stays text (see {@link parseData});
 * - `'json'`: always JSON; text that does not parse is emitted as `sse.invalid` and not delivered;
 * - `'text'`: always text;
 * - a function: its result; if it throws, the event is `sse.invalid` too.
 */
export type ParseRule = 'json' | 'text' | ((text: string, event: string) => unknown)

/** One rule for all events, or one for each event name. Names that are left out keep the default. */
export type Parse<Name extends string = string> = ParseRule | { readonly [K in Name]?: ParseRule }

/**
 * The default: parses exactly what `JSON.stringify` writes.
 *
 * That is any object or array that parses, and numbers, booleans, null and strings in the one form that `JSON.stringify` gives them. So `1.0`,
 * `007`, `1e3` and `-0` stay the text that a server sent. Outer white space is not allowed: a token with a leading space keeps it.
 */
export function parseData(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return COMPOSITE.test(text) || JSON.stringify(value) === text ? value : text
  } catch {
    return text
  }
}

/** An object or an array without outer white space, if it parses. */
const COMPOSITE = /^[[{].*[\]}]$/s

/** The options of a client that say how its events are parsed and checked. */
export interface ParseOptions {
  readonly parse?: Parse | undefined
  readonly events?: StandardSchemaMap | undefined
}

/** Parses the data of one event by the rule for its name, and checks it with the schema for it. A promise only if the schema is async. Never throws. */
export function parseEvent(
  text: string,
  event: string,
  { parse, events }: ParseOptions,
): SchemaResult<unknown> | Promise<SchemaResult<unknown>> {
  try {
    const rule = typeof parse === 'object' ? own(parse, event) : parse
    const value =
      rule === 'json' ? JSON.parse(text) : rule === 'text' ? text : (rule ?? parseData)(text, event)
    const schema = own(events, event)
    const result = schema ? schema['~standard'].validate(value) : { value }
    return 'then' in result ? Promise.resolve(result).catch(asIssues) : result
  } catch (error) {
    return asIssues(error)
  }
}

/** Names come from the wire, so only own properties count: `constructor` is not a rule. */
const own = <T>(map: Readonly<Record<string, T>> | undefined, name: string): T | undefined =>
  map && Object.hasOwn(map, name) ? map[name] : undefined

const asIssues = (error: unknown): { issues: SchemaIssue[] } => ({
  issues: [{ message: messageOf(error) }],
})
