import { openStream } from '@sse/express/testing'
import { describe, expect, it } from 'vitest'
import { expressVersions } from '../test/express-versions.ts'
import { sse } from './index.ts'

describe.each(expressVersions)('res.sse.send on %s', (_, express) => {
  it('says so when the response has begun as something else', async () => {
    const caught = Promise.withResolvers<unknown>()
    const app = express().use(sse())
    app.get('/', (_req, res) => {
      res.write('hello')
      try {
        res.sse.send('x')
      } catch (error) {
        caught.resolve(error)
      }
      res.end()
    })
    using _stream = await openStream(app, '/')
    expect(await caught.promise).toMatchObject({ name: 'SseError', code: 'headers-sent' })
  })

  it('costs nothing where it is not used', async () => {
    const app = express().use(sse())
    app.get('/plain', (_req, res) => void res.json({ own: Object.getOwnPropertySymbols(res).map(String) }))
    using stream = await openStream(app, '/plain')
    expect(stream.headers.get('content-type')).toContain('application/json')
  })
})
