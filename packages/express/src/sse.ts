import type { AnyEvents, EventMap, RegisteredEvents } from '@sse/core'
import type { RequestHandler } from 'express'
import { Admission } from './admission/admission.ts'
import { checkSseOptions, type SseOptions } from './options.ts'
import { giveStream } from './response-stream.ts'

/**
 * Express middleware that gives every response behind it `res.sse`.
 *
 * @throws {SseError} `invalid-option`
 */
export function sse<E extends EventMap = RegisteredEvents>(options: SseOptions<E> = {}): RequestHandler {
  checkSseOptions(options)
  const settings = {
    options: options as unknown as SseOptions<AnyEvents>,
    admission: new Admission(options.limits ?? {}),
  }
  return function sse(_request, response, next) {
    giveStream(response, settings)
    next()
  }
}
