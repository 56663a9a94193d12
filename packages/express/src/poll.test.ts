import request from 'supertest'
import { describe, expect, it } from 'vitest'
import { expressVersions } from '../test/express-versions.ts'
import { createHub, sse } from './index.ts'

describe.each(expressVersions)('polls on %s', (_, express) => {
  it('leave a response alone that has begun as something else', async () => {
    const errors: unknown[] = []
    const hub = createHub({ onError: (error) => errors.push(error) })
    const app = express().use(sse({ hub }))
    app.get('/mixed', (_req, res) => {
      res.sse.subscribe('news')
      res.json({ mine: true })
    })
    const answer = await request(app).get('/mixed').set('Accept', 'application/json').expect(200)
    expect(answer.body).toEqual({ mine: true })
    await expect.poll(() => errors, { timeout: 20_000 }).toMatchObject([{ code: 'headers-sent' }])
  })
})
