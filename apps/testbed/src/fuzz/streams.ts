import { createHub, type Hub, type HubForAdapters, type StreamEvent } from '@sse/core'
import { expect } from 'vitest'
import type { Answer } from './exchange.ts'
import { type ParsedStream, parsedStream } from './parsed-stream.ts'

/** A hub that tells of the streams that open, and keeps what it is told of errors. */
export function watchedHub(): {
  hub: Hub
  forAdapters: HubForAdapters
  errors: unknown[]
  opened: () => Promise<StreamEvent['stream']>
} {
  const errors: unknown[] = []
  let tell = (_stream: StreamEvent['stream']) => {}
  const hub = createHub({
    onError: (error) => void errors.push(error),
    onStream: ({ type, stream }) => {
      if (type === 'open') tell(stream)
    },
  })
  const opened = () =>
    new Promise<StreamEvent['stream']>((resolve) => {
      tell = resolve
    })
  return { hub, forAdapters: hub as never, errors, opened }
}

/** Resolves after so many turns of the event loop, in which whatever needs no input comes to its end. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** An answer that must be a stream. */
export function streamOf({ status, headers, body }: Answer): ParsedStream {
  expect({ status, type: headers['content-type'] }).toEqual({
    status: 200,
    type: 'text/event-stream; charset=utf-8',
  })
  return parsedStream(body)
}
