/** What can be listened to, as an Express application and an `http.Server` can. */
export interface Listening {
  listen(port: number, callback: (error?: Error) => void): ListeningServer
}

/** What of an `http.Server` is needed. */
export interface ListeningServer {
  readonly listening: boolean
  address(): unknown
  once(event: 'error', listener: (error: Error) => void): unknown
  close(callback: () => void): unknown
  closeAllConnections?(): void
}

/** A server for the length of a stream. */
export interface Reached {
  /** Such as `http://localhost:3000`. */
  readonly origin: string
  /** Ends the server, unless it was there before; resolves when it has ended. */
  stop(): Promise<void>
}

/**
 * Listens on a free port of this machine, unless the target is listened to already or is an origin.
 *
 * @throws (rejected) when it cannot be listened to; `TypeError` for what is no target
 */
export async function reach(target: Listening | string | URL): Promise<Reached> {
  if (typeof target === 'string' || target instanceof URL)
    return { origin: String(target), stop: async () => {} }
  if (isListening(target)) return { origin: originOf(target), stop: async () => {} }
  if (typeof target?.listen !== 'function') {
    throw new TypeError(
      'There is nothing to listen to: give an Express application, an http.Server or an origin.',
    )
  }
  const server = await listen(target)
  let stopped: Promise<void> | undefined
  return {
    origin: originOf(server),
    stop: () => {
      stopped ??= stop(server)
      return stopped
    },
  }
}

function isListening(target: Listening): target is Listening & ListeningServer {
  return typeof target === 'object' && 'listening' in target && target.listening === true
}

function listen(target: Listening): Promise<ListeningServer> {
  return new Promise((resolve, reject) => {
    // Express calls back with an error, a server of Node has an event for it.
    const server = target.listen(0, (error) => (error ? reject(error) : resolve(server)))
    server.once('error', reject)
  })
}

function stop(server: ListeningServer): Promise<void> {
  return new Promise((resolve) => {
    server.close(resolve)
    server.closeAllConnections?.()
  })
}

function originOf(server: ListeningServer): string {
  const address = server.address()
  if (typeof address !== 'object' || address === null || !('port' in address)) {
    throw new TypeError(`A server at ${String(address)} has no origin: let it listen on a port.`)
  }
  const { port, address: host } = address as { port: number; address: string }
  const name = host === '::' || host === '0.0.0.0' ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return `http://${name}:${port}`
}
