/** What the sliders set, and their bounds. The server checks every change by them. */
import * as v from 'valibot'

export interface Range {
  readonly min: number
  readonly max: number
  readonly unit: string
}

/** The bounds keep one visitor from wearing out the machine for all others. */
export const ranges = {
  /** Events a second. */
  rate: { min: 1, max: 100, unit: 'events a second' },
  /** From one short poll to the next. */
  interval: { min: 100, max: 60_000, unit: 'ms' },
  /** Filling of an event. */
  payload: { min: 0, max: 16_384, unit: 'bytes' },
  /** More clients on each transport, besides the pages that are open. */
  clients: { min: 0, max: 200, unit: 'clients' },
  /** Added to the line in each direction. */
  latency: { min: 0, max: 2_000, unit: 'ms' },
} as const satisfies Record<string, Range>

/** How many events the list has that ETag polling asks for. */
export const listLength = 100

/** Together they may ask for no more than this on each transport, a second. */
export const ceilings = { deliveries: 2_000, bytes: 8 * 2 ** 20 } as const

/** Bytes of an event beside its filling. */
const numbers = 50

function within({ min, max, unit }: Range) {
  const message = `Must be a whole number from ${min} to ${max} (${unit})`
  return v.pipe(v.number(message), v.integer(message), v.minValue(min, message), v.maxValue(max, message))
}

const entries = {
  rate: within(ranges.rate),
  interval: within(ranges.interval),
  payload: within(ranges.payload),
  clients: within(ranges.clients),
  latency: within(ranges.latency),
}

export const settingsSchema = v.object(entries)
export type Settings = v.InferOutput<typeof settingsSchema>
export type SettingName = keyof Settings

/** Some of them, to change. */
export const changeSchema = v.partial(v.strictObject(entries))
export type Change = v.InferOutput<typeof changeSchema>

/** How long the line may be cut. */
export const cutSchema = v.strictObject({
  seconds: v.pipe(
    v.number('Must be a number of seconds'),
    v.minValue(0.5, 'Must be 0.5 seconds or more'),
    v.maxValue(30, 'Must be 30 seconds or less'),
  ),
})

export const defaults: Settings = { rate: 10, interval: 1_000, payload: 64, clients: 0, latency: 0 }

/** Why these are too much together, and the way out; `undefined` when they are not. */
export function tooMuch({ rate, interval, clients, payload }: Settings): string | undefined {
  const deliveries = rate * clients
  if (deliveries > ceilings.deliveries) {
    return `${rate} events a second for ${clients} clients are ${deliveries} deliveries a second on each transport, and ${ceilings.deliveries} is the limit. Lower one of the two.`
  }
  const bytes = rate * (clients + 1) * payload
  if (bytes > ceilings.bytes) {
    return `${payload} bytes, ${rate} times a second, for ${clients} clients are more than ${ceilings.bytes / 2 ** 20} MiB a second on each transport, which is the limit. Lower one of the three.`
  }
  // Each ETag poll brings the whole list again where an event has come since the last one.
  const lists = Math.min(rate, 1_000 / interval) * (clients + 1)
  if (lists * listLength * (payload + numbers) > ceilings.bytes) {
    return `With ETag polling, ${clients + 1} clients fetch a list of ${listLength} events of ${payload} bytes every ${interval} ms. That is more than ${ceilings.bytes / 2 ** 20} MiB a second, which is the limit. Poll less often, or lower the clients or the payload.`
  }
  return undefined
}
