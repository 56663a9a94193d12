import { Writable } from 'node:stream'
import compression from 'compression'
import timeout from 'connect-timeout'
import cookieSession from 'cookie-session'
import cors from 'cors'
import type { Express, Request, RequestHandler } from 'express'
import { rateLimit } from 'express-rate-limit'
import session from 'express-session'
import helmet from 'helmet'
import morgan from 'morgan'
import { Passport, Strategy } from 'passport'
import { pinoHttp } from 'pino-http'
import responseTime from 'response-time'

/** A middleware as an app sets it up, and what tells that it has done its work on an answer. */
export interface Setting {
  readonly use: (app: Express) => void
  /** Headers that every answer has, streams, polls, refusals and errors alike. */
  readonly headers?: Readonly<Record<string, RegExp>>
  /** One line for every answer that is over, as `status path`. */
  readonly log?: readonly string[]
  /** Who a request of `test` is from, where the middleware is asked. */
  readonly userOf?: (request: Request) => unknown
}

const using = (...handlers: readonly RequestHandler[]): Setting['use'] => {
  return (app) => void app.use(...handlers)
}

/** Signs in the user that a request names, as a route would do it after a look at the password. */
const signIn =
  (take: (request: Request, user: string) => void): RequestHandler =>
  (request, _response, next) => {
    take(request, request.get('X-Test-User') ?? 'somebody')
    next()
  }

declare module 'express-session' {
  interface SessionData {
    user: string
  }
}

/** What stands in front of streams in most apps, by its name on npm. */
export const settings: Readonly<Record<string, () => Setting>> = {
  helmet: () => ({
    use: using(helmet()),
    headers: { 'content-security-policy': /default-src/, 'x-frame-options': /SAMEORIGIN/ },
  }),
  cors: () => ({
    use: using(cors({ origin: 'https://app.example', credentials: true, exposedHeaders: ['Retry-After'] })),
    headers: {
      'access-control-allow-origin': /^https:\/\/app\.example$/,
      'access-control-allow-credentials': /true/,
      vary: /Origin/,
    },
  }),
  morgan: () => {
    const log: string[] = []
    const stream = { write: (line: string) => log.push(line.trim()) }
    return { use: using(morgan(':status :url', { stream })), log }
  },
  'pino-http': () => {
    const log: string[] = []
    const stream = new Writable({
      write(line, _encoding, done) {
        const { req, res } = JSON.parse(String(line))
        log.push(`${res.statusCode} ${req.url}`)
        done()
      },
    })
    return { use: using(pinoHttp(stream)), log }
  },
  'express-session': () => ({
    use: using(
      session({ secret: 'test', resave: false, saveUninitialized: true }),
      signIn((request, user) => {
        request.session.user = user
      }),
    ),
    headers: { 'set-cookie': /^connect\.sid=/ },
    userOf: ({ session }) => session.user,
  }),
  'cookie-session': () => ({
    use: using(
      cookieSession({ secret: 'test' }) as RequestHandler,
      signIn((request, user) => {
        Object.assign(request.session, { user })
      }),
    ),
    headers: { 'set-cookie': /^session=/ },
    userOf: ({ session }) => (session as { user?: unknown } | null)?.user,
  }),
  passport: () => {
    const passport = new Passport()
    passport.use(
      'test',
      new (class extends Strategy {
        override authenticate(request: Request): void {
          const user = request.get('X-Test-User')
          if (user) this.success({ id: user })
          else this.pass()
        }
      })(),
    )
    const handler: RequestHandler = passport.authenticate('test', { session: false })
    return {
      use: using(passport.initialize(), handler),
      userOf: ({ user }) => (user as { id?: string } | undefined)?.id,
    }
  },
  compression: () => ({ use: using(compression({ threshold: 0 })) }),
  'connect-timeout': () => ({ use: using(timeout('60s')) }),
  'response-time': () => ({ use: using(responseTime()), headers: { 'x-response-time': /^[\d.]+ms$/ } }),
  'express-rate-limit': () => ({
    use: using(rateLimit({ limit: 100, standardHeaders: 'draft-8', legacyHeaders: false })),
    headers: { ratelimit: /r=\d+/ },
  }),
}
