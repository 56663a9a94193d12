import express from 'express'
import supertest from 'supertest'
import { expect, test } from 'vitest'
import { startApp } from '../../test/start-app.ts'
import { nonceOf, securityHeaders } from './security.ts'

const policyOf = (headers: Record<string, string>) =>
  new Map(
    headers['content-security-policy']!.split(';').map((directive) => {
      const [name, ...sources] = directive.trim().split(' ')
      return [name, sources] as const
    }),
  )

test('every answer carries a policy that lets nothing run but our own files', async () => {
  const { app, as } = await startApp()
  const mina = await as('mina')
  for (const answer of [
    await supertest(app).get('/nothing').expect(404),
    await supertest(app).get('/metrics').expect(403),
    await mina.get('/api/notifications').expect(200),
    await supertest(app).get('/events').expect(401),
  ]) {
    const policy = policyOf(answer.headers)
    expect(policy.get('default-src')).toEqual(["'self'"])
    expect(policy.get('frame-ancestors')).toEqual(["'none'"])
    expect(answer.headers['content-security-policy']).not.toMatch(/unsafe|\*|https?:/)
    for (const name of ['script-src', 'connect-src', 'worker-src']) expect(policy.has(name)).toBe(false)
    expect(answer.headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
    })
    expect(answer.headers['x-powered-by']).toBeUndefined()
  }
})

test('styles may be inline with a nonce, which is new every time and the one that the page is given', async () => {
  const app = express().use(securityHeaders(), (_req, res) => {
    res.send(nonceOf(res))
  })
  const nonces = new Set<string>()
  for (let n = 0; n < 3; n++) {
    const { text, headers } = await supertest(app).get('/')
    expect(policyOf(headers).get('style-src')).toEqual(["'self'", `'nonce-${text}'`])
    expect(Buffer.from(text, 'base64')).toHaveLength(16)
    nonces.add(text)
  }
  expect(nonces.size).toBe(3)
})
