import type { IncomingMessage } from 'node:http'
import { type Logger, pino } from 'pino'
import { type HttpLogger, pinoHttp } from 'pino-http'

/** JSON lines in production; readable, and in order with everything else on the terminal, in development. */
export async function createLogger(options: { level: string; production: boolean }): Promise<Logger> {
  if (options.production) return pino({ level: options.level })
  const { default: pretty } = await import('pino-pretty')
  return pino({ level: options.level }, pretty({ sync: true, ignore: 'pid,hostname' }))
}

/** One line per request of the API and per stream that ends, with the error if it was a fault of ours. Cookies are never logged. */
export function requestLog(logger: Logger): HttpLogger {
  return pinoHttp({
    logger,
    customLogLevel: (req, res, error) => {
      if (error || res.err) return 'error'
      return /^\/(?:api|events|admin\/events)(?:[/?]|$)/.test(urlOf(req)) ? 'info' : 'silent'
    },
    serializers: {
      req: ({ id, method, url }: { id: string; method: string; url: string }) => ({ id, method, url }),
      res: ({ statusCode }: { statusCode: number }) => ({ statusCode }),
    },
  })
}

/** Routers change `url` on the way. */
function urlOf(req: IncomingMessage & { originalUrl?: string }): string {
  return req.originalUrl ?? req.url ?? ''
}
