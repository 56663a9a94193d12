import request from 'supertest'
import { describe, expect, it } from 'vitest'
import { expressVersions } from '../test/express-versions.ts'
import { channels, createHub, sse } from './index.ts'

describe.each(expressVersions)('channels of an open stream on %s', (_, express) => {
  it('need sse() in front', async () => {
    const app = express()
    app.post('/events', channels(createHub()))
    app.use(((error, _req, res, _next) => {
      res.status(500).end(error.message)
    }) as import('express').ErrorRequestHandler)
    const response = await request(app).post('/events').send({}).expect(500)
    expect(response.text).toMatch(/app\.use\(sse\(\{ hub, authorize \}\)\)/)
  })

  it('are read also behind express.json()', async () => {
    const hub = createHub()
    const app = express().use(express.json()).use(sse({ hub }))
    app.post('/events', channels(hub))
    await request(app).post('/events').send({ stream: 'x' }).expect(404)
  })
})
