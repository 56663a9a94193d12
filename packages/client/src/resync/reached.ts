import { SseError } from '../errors.ts'
import { request } from '../http/request.ts'
import type { ClientInternals } from '../internals.ts'
import type { SseState } from '../supervisor/state.ts'
import { comparePositions, isPosition } from './compare-positions.ts'
import { watchCursor } from './watch-cursor.ts'

/** Milliseconds that the event of a followed channel may take. Then the server is asked for a ping. */
const PATIENCE = 250

/**
 * Resolves when everything up to a position was told to the listeners, or a load has passed it. If nothing arrives that passes it, the server
 * is asked for a ping.
 *
 * @throws (rejected) SseError `invalid-use` for a text that is not a position; `closed`; `forked` if the position cannot be compared with
 * the open stream's
 */
export async function reached(id: string, client: ClientInternals): Promise<void> {
  if (!isPosition(id)) throw new SseError('invalid-use', `reached takes the id of an event, not ${id}`, id)
  const { active, clock, cursor, events } = client
  const stop = new AbortController()
  const { signal } = stop

  async function ask(): Promise<void> {
    const { stream: name, address, options } = client
    if (!name) return
    const body = JSON.stringify({ stream: name, reached: id })
    const own = { 'Content-Type': 'application/json' }
    const answer = await request(await address.get(), { method: 'POST', body, own, signal }, options)
    await answer.body?.cancel()
  }
  let timer: unknown
  const offs: (() => void)[] = []
  try {
    await new Promise<void>((resolve, reject) => {
      const fail = (code: 'closed' | 'forked', message: string) => reject(new SseError(code, message, id))

      function check(position: string): void {
        const order = comparePositions(position, id)
        if (order !== undefined && order >= 0) resolve()
        // The client may be about to learn that its log is gone.
        else if (order === undefined) wait()
      }

      function isLate(): void {
        timer = undefined
        const isOpen = active().state.status === 'open'
        if (isOpen && cursor.told && comparePositions(cursor.told, id) === undefined)
          fail(
            'forked',
            `The position ${id} cannot be compared with ${cursor.told}, which the stream has reached`,
          )
        // Without an answer, the next heartbeat passes it.
        else if (isOpen) ask().catch(() => {})
      }

      function checkState({ status }: SseState): void {
        if (status === 'closed') fail('closed', 'The client is closed')
      }

      function wait(): void {
        timer ??= clock.setTimeout(isLate, PATIENCE)
      }

      const watchers = watchCursor(client).add(check)
      offs.push(() => watchers.delete(check))
      offs.push(events.on('sse.state', checkState))
      // Another stream does not know of the request.
      offs.push(events.on('sse.open', wait))
      wait()
      checkState(active().state)
      const passed = client.resync?.position
      if (passed) check(passed)
      // A stored position says nothing about what this page was told.
      if (cursor.origin !== 'stored') check(cursor.told)
    })
  } finally {
    stop.abort()
    for (const off of offs) off()
    clock.clearTimeout(timer)
  }
}
