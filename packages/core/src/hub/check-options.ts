import { checkFunction, checkNumber, checkObject, checkRange } from '../check.ts'
import { SseError, show } from '../errors.ts'
import type { CloseHubOptions, HubOptions } from './hub.ts'

/** @throws {SseError} `invalid-option` */
export function checkHubOptions(options: HubOptions): void {
  checkObject('options', options)
  const { broker, window, events } = options
  if (window !== undefined) checkObject('window', window)
  if (events !== undefined) checkObject('events', events)
  checkNumber('heartbeat', options.heartbeat, 'delay')
  checkNumber('maxEventBytes', options.maxEventBytes, 'positive')
  checkNumber('window.entries', window?.entries, 'positive')
  checkNumber('window.bytes', window?.bytes, 'positive')
  for (const name of ['onError', 'onStream', 'onBroker', 'now', 'random'] as const)
    checkFunction(name, options[name])
  if (broker !== undefined && typeof broker?.start !== 'function') {
    throw new SseError(
      'invalid-option',
      `broker is a Broker, such as createMemoryBroker(), not ${show(broker)}.`,
      {
        value: broker,
      },
    )
  }
  // Also those that are not enumerated: `publish` would find them all the same.
  for (const event of Object.getOwnPropertyNames(events ?? {})) {
    const schema = events?.[event]
    if (typeof schema?.['~standard']?.validate === 'function') continue
    throw new SseError(
      'invalid-option',
      `events.${event} is no Standard Schema: give one of Zod, Valibot, ArkType….`,
      {
        value: schema,
      },
    )
  }
}

/** @throws {SseError} `invalid-option` */
export function checkCloseOptions(options: CloseHubOptions): void {
  checkObject('options', options)
  const { drain, retry } = options
  checkNumber('drain', drain, 'delay')
  checkRange('retry', retry)
}
