import { type AnyEvents, type EventMap, type HubForAdapters, SseError } from '@sse/core'
import { show } from '@sse/core/internal'
import { json, type RequestHandler } from 'express'
import { ExpressExchange } from './exchange.ts'
import { endpointOf } from './res-sse.ts'
import { send } from './response/response.ts'

const parse = json({ limit: '256kb' })

/**
 * Creates the route by which a client changes the channels of its open stream: `app.post('/events', requireUser, channels(hub))`. It takes
 * `{ "stream", "subscribe": […], "unsubscribe": […] }`, calls the `authorize` of the `sse()` in front, and answers `{ "channels",
 * "refused" }`. The stream sends the same to its client as `sse.channels`. Only the key that opened a stream may change it. Without keys, every
 * client that knows the id may. The stream may be in any process of the broker.
 *
 * The route answers 400 for an invalid body (413 above 256 kB, 415 for an unknown encoding), 403 for a page of another site, and 404 if the key
 * has no such stream.
 *
 * @throws {SseError} `invalid-option`
 */
export function channels<E extends EventMap = AnyEvents>(hub: HubForAdapters<E>): RequestHandler
export function channels(hub: HubForAdapters, ...more: unknown[]): RequestHandler {
  if (more.length > 0 || typeof hub?.changeChannels !== 'function') {
    const given = more.length > 0 ? 'a request: call it, as in app.post(path, channels(hub))' : show(hub)
    const message = `channels(hub) takes the hub that createHub() returns, not ${given}.`
    throw new SseError('invalid-option', message, { value: hub })
  }
  return function channels(request, response, next) {
    const endpoint = endpointOf(response)
    if (!endpoint) {
      const message = 'channels(hub) needs sse() in front of it: app.use(sse({ hub, authorize })).'
      next(new SseError('invalid-option', message))
      return
    }
    const readBody = () =>
      new Promise((resolve, reject) => {
        parse(request, response, (error?: unknown) => (error ? reject(error) : resolve(request.body)))
      })
    endpoint
      .changeChannels(hub, new ExpressExchange(response, endpoint), readBody)
      .then((answer) => send(response, () => answer))
      .catch(next)
  }
}
