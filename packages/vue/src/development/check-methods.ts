import { SseError } from '@sse/client'
import type { Session } from '../stream/session.ts'
import { checkListener } from './check-composables.ts'
import { isFunction, isObject, show } from './check-options.ts'

/** Checks what the app gives to the methods of a stream. The client itself checks channels and positions to reach. */
export function checkMethods({ methods }: Session): void {
  const { connect, on } = methods
  Object.assign(methods, {
    connect(payload) {
      checkPayload(payload)
      connect(payload)
    },
    on(event, handler) {
      checkListener('on', event, handler)
      return on(event, handler)
    },
  } satisfies Partial<typeof methods>)
}

/**
 * Checks the payload of `connect`. A DOM event is allowed, because `@click="sse.connect"` passes one.
 *
 * @throws SseError `invalid-use` for a position that is not `{ lastEventId: 'text' }`
 */
function checkPayload(payload: unknown): void {
  const position = isObject(payload) ? (payload as { lastEventId?: unknown }).lastEventId : payload
  if (position === undefined || position === null || (isObject(payload) && typeof position === 'string'))
    return
  const given = isObject(payload) ? `a lastEventId of ${position}` : String(position)
  throw new SseError('invalid-use', `connect takes { lastEventId: '41' } with a text, not ${given}`, payload)
}

/**
 * Checks what `dehydrate` is given. What is not an app has loaded no lists.
 *
 * @throws SseError `invalid-use`
 */
export function checkDehydrate(sse: { dehydrate(app: object): object }): void {
  const { dehydrate } = sse
  sse.dehydrate = (app) => {
    if (isObject(app) || isFunction(app)) return dehydrate(app)
    const message = `dehydrate takes the app, or in Vue 2.7 the root instance, not ${show(app)}`
    throw new SseError('invalid-use', message, app)
  }
}
