/** An Express application, or an `http.Server`. */
export interface Listening {
  listen(port: number, callback: (error?: Error) => void): ListeningServer
}

/** What `openStream` needs of an `http.Server`. */
export interface ListeningServer {
  readonly listening: boolean
  address(): unknown
  once(event: 'error', listener: (error: Error) => void): unknown
  close(callback: () => void): unknown
  closeAllConnections?(): void
}

/**
 * Listens on a free port of this machine, unless the target listens already or is an origin.
 *
 * @returns the origin, such as `http://localhost:3000`; `stop` ends the server, unless it listened before, and resolves when it has ended
 * @throws (rejected) if the target cannot listen; `TypeError` for other values
 */
export async function reach(
  target: Listening | string | URL,
): Promise<{ readonly origin: string; readonly stop: () => Promise<void> }> {
  if (typeof target === 'string' || target instanceof URL)
    return { origin: String(target), stop: async () => {} }
  if (isListening(target)) return { origin: originOf(target), stop: async () => {} }
  if (typeof target?.listen !== 'function') {
    throw new TypeError(
      'Nothing was given that can listen: give an Express application, an http.Server or an origin.',
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
