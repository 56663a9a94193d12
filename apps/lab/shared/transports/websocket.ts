import * as v from 'valibot'
import { labEventSchema } from '../lab.ts'
import { pauseAfter } from './pause.ts'
import type { Receiver, TransportClient } from './receiver.ts'

/** What is used of a WebSocket: the browser's, and that of `ws`. Each calls with events of its own types. */
export interface WebSocketLike {
  onopen: ((event: never) => void) | null
  onmessage: ((event: never) => void) | null
  onclose: ((event: never) => void) | null
  onerror: ((event: never) => void) | null
  close(): void
}

/**
 * A plain WebSocket. The API neither reconnects nor knows where it was, so this comes back by itself, as every app has to, and goes on with what is
 * new. What was sent meanwhile is lost: an app that needs it must build numbers, a log and a replay on top.
 */
export function startWebSocket(open: () => WebSocketLike, receiver: Receiver): TransportClient {
  let stopped = false
  let failures = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let socket = connect()

  function connect(): WebSocketLike {
    receiver.status('connecting')
    const socket = open()
    socket.onopen = () => {
      failures = 0
      receiver.status('open')
    }
    socket.onmessage = ({ data }: { readonly data: unknown }) => {
      const event = v.safeParse(v.pipe(v.string(), v.parseJson(), labEventSchema), data)
      if (event.success && !stopped) receiver.events([event.output])
    }
    // A close always follows, and it alone counts.
    socket.onerror = () => {}
    socket.onclose = () => {
      if (stopped) return
      failures += 1
      receiver.status('waiting')
      timer = setTimeout(reconnect, pauseAfter(failures))
    }
    return socket
  }

  function reconnect(): void {
    socket = connect()
  }

  return {
    stop() {
      stopped = true
      clearTimeout(timer)
      socket.close()
    },
  }
}
