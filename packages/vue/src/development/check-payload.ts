import { SseError } from '@sse/client'
import type { Session } from '../stream/session.ts'

/** Checks what the app gives to `connect`. */
export function checkPayloads({ methods }: Session): void {
  const { connect } = methods
  methods.connect = (payload) => {
    checkPayload(payload)
    connect(payload)
  }
}

/**
 * Checks the payload of `connect`. A DOM event is allowed, because `@click="sse.connect"` passes one.
 *
 * @throws SseError `invalid-use` for a position that is not `{ lastEventId: 'text' }`
 */
function checkPayload(payload: unknown): void {
  const isObject = typeof payload === 'object' && payload !== null
  const position = isObject ? (payload as { lastEventId?: unknown }).lastEventId : payload
  if (position === undefined || position === null || (isObject && typeof position === 'string')) return
  const given = isObject ? `a lastEventId of ${position}` : String(position)
  throw new SseError('invalid-use', `connect takes { lastEventId: '41' } with a text, not ${given}`, payload)
}
