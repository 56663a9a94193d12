import { checkFunction, checkNames, checkNumber, checkObject, checkRange } from '../check.ts'
import { SseError, show } from '../errors.ts'
import type { CloseHubOptions, HubOptions } from './types.ts'

const names = [
  'broker',
  'window',
  'heartbeat',
  'maxEventBytes',
  'events',
  'onError',
  'onStream',
  'onBroker',
  'now',
  'random',
  'channel',
  'publishOnly',
]

/** @throws {SseError} `invalid-option` */
export function checkHubOptions(options: HubOptions): void {
  checkObject('options', options)
  if (isBroker(options)) {
    const message =
      'createHub was given a broker instead of an object of options: write createHub({ broker }).'
    throw new SseError('invalid-option', message, { value: options })
  }
  checkNames('', options, names)
  const { broker, window, events } = options
  if (window !== undefined) {
    checkObject('window', window)
    checkNames('window.', window, ['entries', 'bytes'])
  }
  if (events !== undefined) checkObject('events', events)
  checkNumber('heartbeat', options.heartbeat, 'delay')
  checkNumber('maxEventBytes', options.maxEventBytes, 'positive')
  checkNumber('window.entries', window?.entries, 'positive')
  checkNumber('window.bytes', window?.bytes, 'positive')
  for (const name of ['onError', 'onStream', 'onBroker', 'now', 'random', 'channel'] as const)
    checkFunction(name, options[name])
  checkBroker(broker)
  checkPublishOnly(options)
  // Includes properties that are not enumerable, because `publish` would find them too.
  for (const event of Object.getOwnPropertyNames(events ?? {})) {
    const schema = events?.[event]
    if (typeof schema?.['~standard']?.validate === 'function') continue
    throw new SseError(
      'invalid-option',
      `events.${event} is not a Standard Schema: use a schema of Zod, Valibot or ArkType.`,
      {
        value: schema,
      },
    )
  }
}

/** @throws {SseError} `invalid-option` */
export function checkCloseOptions(options: CloseHubOptions): void {
  checkObject('options', options)
  checkNames('', options, ['drain', 'retry'])
  const { drain, retry } = options
  checkNumber('drain', drain, 'delay')
  checkRange('retry', retry)
}

/** @throws {SseError} `invalid-option` */
export function checkEndOptions(options: { readonly reason?: unknown }): void {
  checkObject('options', options)
  checkNames('', options, ['reason'])
  const { reason } = options
  if (reason === undefined) return
  if (typeof reason === 'string' && reason.isWellFormed() && Buffer.byteLength(reason) <= 256) return
  const message = `reason must be a string of at most 256 bytes, not ${show(reason)}.`
  throw new SseError('invalid-option', message, { value: reason })
}

function checkPublishOnly({ publishOnly, broker }: HubOptions): void {
  if (publishOnly !== undefined && typeof publishOnly !== 'boolean') {
    const message = `publishOnly must be true or false, not ${show(publishOnly)}.`
    throw new SseError('invalid-option', message, { value: publishOnly })
  }
  if (!publishOnly || broker) return
  const message =
    'A hub with publishOnly needs a broker that other processes share: the events of its own log in memory would have no readers.'
  throw new SseError('invalid-option', message, { value: publishOnly })
}

function checkBroker(broker: unknown): void {
  if (broker === undefined) return
  if (typeof broker === 'function') {
    const name = broker.name || 'createMemoryBroker'
    const message = `broker must be a Broker, not the function that creates one: call it, as in broker: ${name}().`
    throw new SseError('invalid-option', message, { value: broker })
  }
  if (isBroker(broker)) return
  const way =
    typeof broker === 'string'
      ? 'such as createSqliteBroker(path) of @sse/sqlite'
      : 'such as createMemoryBroker()'
  const message = `broker must be a Broker, ${way}, not ${show(broker)}.`
  throw new SseError('invalid-option', message, { value: broker })
}

const isBroker = (value: unknown): boolean =>
  typeof (value as { start?: unknown } | null)?.start === 'function'
