import { takesFetch } from './connection/connection.ts'
import { SseError } from './errors.ts'
import type { UrlOption } from './http/url.ts'
import type { SseClientOptions } from './types.ts'

/** The options that are numbers, with their defaults. Durations are milliseconds. */
const DEFAULTS = {
  base: 1000,
  max: 30_000,
  after: 10_000,
  retry: 300_000,
  connectTimeout: 30_000,
  maxAttempts: Number.POSITIVE_INFINITY,
  maxEventBytes: 16 * 1024 * 1024,
  watchdog: 'auto' as number | 'auto' | false,
}

/** The checked numbers, with defaults. */
export type Settings = Readonly<typeof DEFAULTS>

/** @throws SseError `invalid-option` */
export function readOptions(url: UrlOption, options: SseClientOptions): Settings {
  const { backoff, EventSource, headers, persist, polls, share } = options
  const wrong = (why: string, value: unknown): never => {
    throw new SseError('invalid-option', why, value)
  }
  const given: Readonly<Record<string, unknown>> = { ...options, ...backoff, ...polls }
  const settings: Record<string, unknown> = {}
  for (const [name, otherwise] of Object.entries(DEFAULTS)) {
    const value = given[name] ?? otherwise
    const least = /Timeout|Bytes/.test(name) ? 1 : 0
    if (value !== 'auto' && !(Number(value) >= least))
      wrong(`\`${name}\` must be at least ${least}, not ${value}`, value)
    settings[name] = value
  }
  if (polls === false) settings['after'] = 0
  const needsKey = (name: string, option: unknown) => {
    if (option && Object(option).key === undefined)
      wrong(
        `\`${name}\` with \`headers\` or a function as URL needs a key: \`${name}: { key: user.id }\``,
        option,
      )
  }
  const varies = typeof url === 'function'
  if (headers || varies) needsKey('share', share)
  if (varies) needsKey('persist', persist)
  if (headers && EventSource && !takesFetch(EventSource))
    wrong('This EventSource cannot send `headers`: leave one out', headers)
  return settings as Settings
}
