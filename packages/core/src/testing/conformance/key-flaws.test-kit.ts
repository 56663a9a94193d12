import { IdempotencyKeys } from '../../log/idempotency-keys.ts'
import { appending, broker, event, type Flaw } from './flaw.test-kit.ts'

const repeated = 'a repeated key appends nothing and answers the first id, whatever is published'
const everyBroker = 'a key holds for all brokers of the log'
const atOnce = 'publishes with one key at the same time append once, and are in the log when they resolve'
const bytes = 'keys are told apart by every byte of up to 128'
const tenMinutes = 'a key holds for ten minutes, and a repeat does not prolong it'
let brokers = 0

/** What can go wrong with idempotency keys. */
export const keyFlaws: readonly Flaw[] = [
  appending(
    'takes no notice of keys',
    repeated,
    (append) => (channels, message, options) => append(channels, message, { record: options?.record }),
  ),
  altering('has keys per channel', repeated, (key, [channel]) => `${channel}:${key}`),
  altering('has keys per event name', repeated, (key, _, { event: name }) => `${name}:${key}`),
  altering('has keys per message', repeated, (key, _, { data }) => `${data}:${key}`),
  appending('says that a repeat is none', repeated, (append) => (...message) => ({
    ...append(...message),
    duplicate: false,
  })),
  appending('answers the head to a repeat', repeated, (append, log) => (...message) => {
    const { id, duplicate } = append(...message)
    return { id: duplicate ? log.head : id, duplicate }
  }),
  appending(
    'has one key for all that have none',
    'without a key the same message is appended each time',
    (append) =>
      (channels, message, { idempotencyKey = '', ...options } = {}) =>
        append(channels, message, { ...options, idempotencyKey }),
  ),
  broker('has keys per broker', everyBroker, ({ publish }) => {
    const number = brokers++
    return {
      publish: (channels, message, { idempotencyKey: key } = {}) =>
        publish(channels, message, key === undefined ? {} : { idempotencyKey: `${number}:${key}` }),
    }
  }),
  broker('looks for the key well before it appends', atOnce, ({ publish }, log) => ({
    publish: async (channels, message, { idempotencyKey: key } = {}) => {
      const known = key === undefined ? undefined : log.keys.get(key)
      if (known !== undefined) return { id: known, duplicate: true }
      const published = await publish(channels, message)
      if (key !== undefined) log.keys.set(key, published.id)
      return published
    },
  })),
  broker(
    'lets only its own publishes wait for each other',
    'publishes with one key by several brokers at the same time append once',
    ({ publish }, log) => {
      let last: Promise<unknown> = Promise.resolve()
      return {
        publish: (channels, message, { idempotencyKey: key } = {}) => {
          const publishing = last.then(async () => {
            const known = key === undefined ? undefined : log.keys.get(key)
            if (known !== undefined) return { id: known, duplicate: true }
            const published = await publish(channels, message)
            if (key !== undefined) log.keys.set(key, published.id)
            return published
          })
          last = publishing
          return publishing
        },
      }
    },
  ),
  altering('cuts keys off at 64 bytes', bytes, (key) => key.slice(0, 64)),
  altering('takes no notice of case', bytes, (key) => key.toLowerCase()),
  altering('trims keys', bytes, (key) => key.trim()),
  altering('takes digits for a number', bytes, (key) => (/^\d+$/.test(key) ? `${Number(key)}` : key)),
  event('holds keys for ever', tenMinutes, { advance() {} }),
  event('holds keys for five minutes', tenMinutes, {
    advance: (log, milliseconds) => {
      log.time += milliseconds * 2
    },
  }),
  appending(
    'prolongs a key when it is repeated',
    tenMinutes,
    (append, log) => (channels, message, options) => {
      const published = append(channels, message, options)
      const key = options?.idempotencyKey
      if (key !== undefined) log.keys.set(key, published.id)
      return published
    },
  ),
  event('forgets a key with its entry', 'a key outlives its entry', {
    trim: (log, keep) => {
      log.trim(keep)
      log.keys = new IdempotencyKeys(() => log.time)
    },
  }),
]

/** A log that takes another key for the one that was given. */
function altering(
  flaw: string,
  caughtBy: string,
  change: (
    key: string,
    channels: readonly string[],
    message: { event?: string | undefined; data: string },
  ) => string,
): Flaw {
  return appending(
    flaw,
    caughtBy,
    (append) =>
      (channels, message, { idempotencyKey: key, ...options } = {}) =>
        append(channels, message, {
          ...options,
          ...(key !== undefined && { idempotencyKey: change(key, channels, message) }),
        }),
  )
}
