import { createParser, type EventSourceMessage } from 'eventsource-parser'

/** What a client makes of a stream, by a parser that is not ours. */
export interface ParsedStream {
  readonly events: readonly EventSourceMessage[]
  readonly comments: readonly string[]
  readonly retries: readonly number[]
}

/** @throws when there is something in it that is no field of an event */
export function parsedStream(text: string): ParsedStream {
  const events: EventSourceMessage[] = []
  const comments: string[] = []
  const retries: number[] = []
  const parser = createParser({
    onEvent: (event) => events.push(event),
    onComment: (comment) => comments.push(comment),
    onRetry: (retry) => retries.push(retry),
    onError: (error) => {
      throw error
    },
  })
  parser.feed(text)
  return { events, comments, retries }
}

/** Text as it arrives: in UTF-8, its line ends as LF (HTML standard, 9.2.6). */
export function arrived(text: string): string {
  return text.toWellFormed().replace(/\r\n|\r/g, '\n')
}
