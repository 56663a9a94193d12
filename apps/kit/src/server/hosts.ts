/**
 * Which hosts a server answers to. A site of anybody may give its name our address (DNS rebinding). For the browser, that site's pages are then of
 * our origin: they could read everything and write everything. Only the `Host` header tells them apart.
 */
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
} from 'node:http'
import { BlockList, isIPv4, isIPv6 } from 'node:net'
import { domainToASCII } from 'node:url'
import { sendProblem } from './problem.ts'

/** Whether a request is for one of our hosts. The port does not matter. */
export type AllowedHosts = (req: Pick<IncomingMessage, 'headers'>) => boolean

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/**
 * `localhost` and the loopback addresses, and these names and addresses.
 *
 * @throws Error for a text that is not a name or an address, a URL or a name with a port for instance
 */
export function allowHosts(names: readonly string[]): AllowedHosts {
  const allowed = new Set(names.map(toHostname))
  return ({ headers }) => {
    const hostname = hostnameOf(headers.host)
    return hostname !== undefined && (isOfThisMachine(hostname) || allowed.has(hostname))
  }
}

/**
 * An HTTP server that answers 421 (Misdirected Request) to every request, and every upgrade to WebSocket, that is for another host.
 *
 * @param open paths that answer to any host: health checks ask by address
 */
export function createServerFor(
  isAllowed: AllowedHosts,
  handler: RequestListener,
  { open = [], ...options }: ServerOptions & { readonly open?: readonly string[] } = {},
): Server {
  const server: Server = createServer(
    {
      ...options,
      // What is not upgraded comes as a request, which is refused below.
      shouldUpgradeCallback: (req) => server.listenerCount('upgrade') > 0 && isAllowed(req),
    },
    (req, res) => {
      const { url = '' } = req
      // A target that is a whole URL, as for a proxy, names another host than `Host` may.
      if (open.includes(url) || (isAllowed(req) && /^[/*]/.test(url))) return handler(req, res)
      const given = JSON.stringify(req.headers.host?.slice(0, 253) ?? '')
      sendProblem(res, 421, `This server does not answer to the host ${given}. Name it in ALLOWED_HOSTS`)
    },
  )
  return server
}

/** In small letters and without its port and a dot at the end; undefined for what is not a host. */
function hostnameOf(host: string | undefined): string | undefined {
  if (host === undefined || !/^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d*)?$/i.test(host)) return undefined
  const url = `http://${host}`
  return URL.canParse(url) ? new URL(url).hostname.replace(/\.$/, '') : undefined
}

function toHostname(name: string): string {
  const hostname = hostnameOf(isIPv6(name) ? `[${name}]` : domainToASCII(name))
  if (hostname !== undefined) return hostname
  throw new Error(`"${name}" is not a host name or an address. Write it without a scheme, port and path`)
}

function isOfThisMachine(hostname: string): boolean {
  if (hostname === 'localhost' || (isIPv4(hostname) && loopback.check(hostname))) return true
  const address = hostname.replace(/^\[|\]$/g, '')
  return isIPv6(address) && loopback.check(address, 'ipv6')
}
