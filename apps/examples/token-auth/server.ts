import { randomBytes } from 'node:crypto'
import { createHub, sse } from '@sse/express'
import express, { type RequestHandler } from 'express'
import { jwtVerify, SignJWT } from 'jose'
import { listen } from '../listen.ts'
import { page } from '../page.ts'

/** Seconds for which an access token is good, and milliseconds between two notifications. */
const lifetime = Number(process.env['TOKEN_SECONDS'] ?? 15)
const interval = Number(process.env['INTERVAL'] ?? 1_000)

type Audience = 'events' | 'refresh'

/** Of this process only: tokens of the last one are good for nothing. */
const secret = randomBytes(32)

function issue(user: string, audience: Audience, seconds: number): Promise<string> {
  const token = new SignJWT().setSubject(user).setAudience(audience).setExpirationTime(`${seconds}s`)
  return token.setProtectedHeader({ alg: 'HS256' }).sign(secret)
}

/** Lets requests with a token for this purpose through, and notes the user and the expiry of the token. */
function bearer(audience: Audience): RequestHandler {
  return async function bearer(req, res, next) {
    const token = req.get('Authorization')?.replace(/^Bearer /i, '') ?? ''
    const options = { audience, algorithms: ['HS256'], requiredClaims: ['sub', 'exp'] }
    const verified = await jwtVerify(token, secret, options).catch(() => undefined)
    if (!verified) return void res.set('WWW-Authenticate', 'Bearer').sendStatus(401)
    res.locals['user'] = verified.payload.sub
    res.locals['expires'] = new Date(verified.payload.exp! * 1_000)
    next()
  }
}

const hub = createHub()
const app = express()
app.use(sse({ hub, key: (req) => req.res?.locals['user'] }))

// This is a demo: everybody is signed in as Mina.
app.post('/sign-in', async (_req, res) => {
  res.json({
    access: await issue('mina', 'events', lifetime),
    refresh: await issue('mina', 'refresh', 3_600),
  })
})
app.post('/refresh', bearer('refresh'), async (_req, res) => {
  console.log('refreshed')
  res.json({ access: await issue(res.locals['user'], 'events', lifetime) })
})

app.get('/events', bearer('events'), (_req, res) => {
  const { user, expires } = res.locals
  // A token is checked when the stream opens, and a stream may be open for days: its end has to be told. The client comes
  // back at once, is answered 401, asks for a fresh token, and reads on from its Last-Event-ID.
  res.sse.subscribe(`user:${user}`, { expires })
})

// Tokens cannot be called back, streams can: in every process of the log, and for good.
app.post('/sign-out', bearer('refresh'), async (_req, res) => {
  await hub.disconnect(res.locals['user'], { reconnect: false })
  res.sendStatus(204)
})

let number = 0
setInterval(() => hub.publish('user:mina', { number: ++number }, { event: 'notification' }), interval)

app.use(await page(import.meta.dirname, 'Token auth'))
listen(app)
