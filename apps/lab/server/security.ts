import type { IncomingMessage } from 'node:http'
import type { RequestHandler } from 'express'
import helmet from 'helmet'
import { transportNames } from '../shared/lab.ts'
import type { Lab } from './lab.ts'

/**
 * Headers of the built page: everything comes from here, nothing is inline, and it may connect to its own server and the ports beside it. In
 * development Vite needs more than that.
 */
export function security(lab: Lab): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'"],
        connectSrc: ["'self'", (req) => transportOrigins(req, lab)],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    // The ports of this host speak plain HTTP, and so does the page.
    strictTransportSecurity: false,
  })
}

/** An IPv6 address is nothing that a policy could name: there any host at these ports has to do. */
function transportOrigins({ headers }: IncomingMessage, { ports }: Lab): string {
  const own = `http://${headers.host}`
  const hostname = URL.canParse(own) ? new URL(own).hostname : 'localhost'
  const host = hostname.startsWith('[') ? '*' : hostname
  return transportNames
    .map((name) => `${name === 'websocket' ? 'ws' : 'http'}://${host}:${ports[name]}`)
    .join(' ')
}
