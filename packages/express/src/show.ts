import { inspect } from 'node:util'

/** A value as it can stand in a message, whatever it is, and never long. */
export function show(value: unknown): string {
  const text = inspect(value, { depth: 0, customInspect: false, maxStringLength: 60 })
  return text.length > 80 ? `${text.slice(0, 77)}…` : text
}
