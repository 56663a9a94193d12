import type { EventMap, RegisteredEvents } from '@sse/core'
import type { EndpointOptions } from '@sse/core/internal'

/**
 * An origin as browsers send it (`https://app.example`, `capacitor://localhost`, `chrome-extension://…`), all subdomains of a domain
 * (`https://*.example.com`), all origins (`*`), or a function that returns `true` for those that may.
 */
export type Origin = string | ((origin: string, request: Request) => boolean)

/** The origins whose pages may open streams: one, or several. */
export type Origins = Origin | readonly Origin[]

/** The options of `sse()`. */
export interface SseOptions<E extends EventMap = RegisteredEvents> extends EndpointOptions<Request, E> {
  readonly origins?: Origins | undefined
  /**
   * The address of a client, by which `limits.perKeyRate` tells clients without a key apart. A web `Request` has no address, but the platform
   * may know it. Default: all clients without a key count as one.
   */
  readonly client?: ((request: Request) => string | undefined) | undefined
}
