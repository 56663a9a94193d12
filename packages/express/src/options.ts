import type { EventMap, RegisteredEvents } from '@sse/core'
import type { EndpointOptions } from '@sse/core/internal'
import type { Request } from 'express'

/**
 * An origin as browsers send it (`https://app.example`, `capacitor://localhost`, `chrome-extension://…`), all subdomains of a domain
 * (`https://*.example.com`), all origins (`*`), or a function that returns `true` for an allowed origin.
 */
export type Origin = string | ((origin: string, request: Request) => boolean)

/** One or several origins whose pages may open streams. */
export type Origins = Origin | readonly Origin[]

/** The options of `sse()`. */
export interface SseOptions<E extends EventMap = RegisteredEvents> extends EndpointOptions<Request, E> {
  readonly origins?: Origins | undefined
}
