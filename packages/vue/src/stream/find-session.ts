import { SseError } from '@sse/client'
import { getCurrentInstance } from 'vue'
import { development } from '../development/development.ts'
import type { Session } from './session.ts'

/** What an app knows of a stream leads to its session: the object of `createSse`, and the `$sse` of components. */
const sessions = new WeakMap<object, () => Session | undefined>()

export function addSession(sse: object, session: () => Session | undefined): void {
  sessions.set(sse, session)
}

export const sessionOf = (sse: unknown): Session | undefined => sessions.get(Object(sse))?.()

/**
 * The session of a stream, for a composable.
 *
 * @param stream its `namespace`, or the object of `createSse`, which works outside of components too. Default: `sse`
 * @throws SseError `invalid-use` outside of `setup`, and if the app does not have the stream
 */
export function findSession(composable: string, stream: string | object = 'sse'): Session {
  const tools = development()
  tools?.checkStream(composable, stream, sessions.has(Object(stream)))
  const component = getCurrentInstance()
  const properties = component?.proxy as Readonly<Record<string, unknown>> | null | undefined
  const session = sessionOf(typeof stream === 'string' ? properties?.[`$${stream}`] : stream)
  if (session) return session
  throw new SseError(
    'invalid-use',
    component
      ? `${composable}: no stream '${stream}' in the app: app.use(createSse({ namespace: '${stream}', … }))`
      : `${composable} works in \`setup\` before the first \`await\`. Elsewhere pass the object of createSse()`,
    stream,
  )
}
