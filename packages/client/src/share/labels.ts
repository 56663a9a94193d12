import type { SourceMessage } from '../connection/connection.ts'
import type { SseClient } from '../types.ts'

/** An event as the connection told it. */
export interface Told extends SourceMessage {
  /** The channels that it came on, of those that were asked for; undefined: the server does not say, or it came on one of the app's own. */
  readonly channels: readonly string[] | undefined
}

/** What the server says of the event that comes next. */
interface Label {
  readonly id: string
  readonly channels: readonly string[]
}

/**
 * Has a connection's events told with their channels, as the server names them on a connection that tabs share.
 *
 * @returns listens for events of a name; what that returns stops it
 */
export function withLabels(client: SseClient, hear: (told: Told) => void): (name: string) => () => void {
  let label: Label | undefined
  client.on('sse.event', (text) => {
    label = readLabel(String(text))
  })
  return (name) =>
    client.on(name, (data, { event, id }) => {
      // The event of a label may be one that nobody listens for.
      const channels = label?.id === id ? label.channels : undefined
      label = undefined
      hear({ event, data: String(data), lastEventId: id, channels })
    })
}

function readLabel(text: string): Label | undefined {
  try {
    const { id, channels } = JSON.parse(text)
    return { id: String(id), channels: [channels].flat().map(String) }
  } catch {
    return undefined
  }
}

/*
 * Only types are imported here of what is loaded with the page: values would make a chunk of their own of it, and 400 bytes more to load.
 */

/** What a request of a connection that tabs share carries, so that the server names channels: a header, or where none can be sent the query. */
export function askForLabels(
  url: URL,
  mayHaveHeaders: boolean,
): { url: URL; headers: Record<string, string> } {
  if (mayHaveHeaders && url.origin === location.origin) return { url, headers: { 'Sse-Shared': '1' } }
  const asking = new URL(url)
  asking.search += `${asking.search ? '&' : '?'}shared=1`
  return { url: asking, headers: {} }
}
