import { randomBytes } from 'node:crypto'
import type { RequestHandler, Response } from 'express'
import helmet from 'helmet'

/** What this answer's Content-Security-Policy allows to be inline; new with every answer, and only the page makes use of it. */
export function nonceOf(res: Response): string {
  res.locals['nonce'] ??= randomBytes(16).toString('base64')
  return String(res.locals['nonce'])
}

/** Headers that let a browser run and load our own files and nothing else; the same in development and in production. */
export function securityHeaders(): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        // The favicon with the unread count is drawn by the page.
        imgSrc: ["'self'", 'data:'],
        objectSrc: ["'none'"],
        // reka-ui and, in development, Vite make <style> elements, with the nonce that the page tells them.
        styleSrc: ["'self'", (_req, res) => `'nonce-${nonceOf(res as Response)}'`],
      },
    },
    // With `no-referrer`, the default, forms come with `Origin: null`, which is refused as nobody's.
    referrerPolicy: { policy: 'same-origin' },
    // The proxy that terminates TLS decides whether the host shall be HTTPS for good.
    strictTransportSecurity: false,
  })
}
