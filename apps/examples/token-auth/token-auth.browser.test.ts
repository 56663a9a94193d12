import { until, withChromium } from '@sse/testbed'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { runExample } from '../test/example.ts'

const browser = withChromium()

const words = async (page: Page, where: string) =>
  (await page.locator(where).textContent())!.split(/\s+/).filter((word) => word !== '')

async function signIn(origin: string): Promise<{ access: string; refresh: string }> {
  const answer = await fetch(`${origin}/sign-in`, { method: 'POST' })
  return (await answer.json()) as { access: string; refresh: string }
}

const events = (origin: string, token: string) =>
  fetch(`${origin}/events`, {
    headers: { Authorization: `Bearer ${token}`, Accept: 'text/event-stream' },
  })

test('a page reads on over the end of its tokens: no number is missed and none comes twice', async () => {
  const { origin, process } = await runExample('token-auth', { TOKEN_SECONDS: '2', INTERVAL: '50' })
  const page = await browser.newPage()
  await page.goto(origin)
  await until(() => (process.output.match(/refreshed/g) ?? []).length >= 2)
  const before = (await words(page, '#notifications')).length
  await until(async () => (await words(page, '#notifications')).length > before)

  const numbers = (await words(page, '#notifications')).map(Number)
  const [first = 0] = numbers
  expect(numbers).toEqual(numbers.map((_, index) => first + index))
  await until(async () => (await words(page, '#states')).filter((state) => state === 'open').length >= 3)

  await page.getByRole('button', { name: 'Sign out' }).click()
  await until(async () => (await words(page, '#states')).at(-1) === 'closed')
})

test('the end of the token is the end of the stream', async () => {
  const { origin } = await runExample('token-auth', { TOKEN_SECONDS: '1' })
  // A token may run out before it is used: then it is refused, which is the other half of the rule.
  const stream = await until(async () => {
    const answer = await events(origin, (await signIn(origin)).access)
    return answer.status === 200 ? answer : undefined
  })
  expect(await stream.text()).toMatch(/^event: sse.close\nretry: [2-7]\d\d\ndata: .*"expired"/m)
})

test('no token, one that has run out, one for something else and a forged one are refused', async () => {
  const { origin } = await runExample('token-auth', { TOKEN_SECONDS: '0' })
  const { access, refresh } = await signIn(origin)
  const [head, , signature] = refresh.split('.')
  const claims = { sub: 'mina', aud: 'events', exp: 4_000_000_000 }
  const forged = [head, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.')
  for (const token of ['', access, refresh, forged]) {
    const answer = await events(origin, token)
    expect(answer.status).toBe(401)
    expect(answer.headers.get('WWW-Authenticate')).toBe('Bearer')
  }
})
