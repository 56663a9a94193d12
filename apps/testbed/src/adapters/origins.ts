import { createHub } from '@sse/core'
import { describe, expect, it } from 'vitest'
import type { Adapter, Setup } from './adapter.ts'
import { serve } from './serving.ts'

/** Which pages may open a stream. */
export function originTests(adapter: Adapter): void {
  describe('pages of other sites', () => {
    async function statusOf(headers: Record<string, string>, origins?: Setup['origins'], cors?: string) {
      const hub = createHub()
      const { open } = await serve(adapter, {
        hub,
        ...(origins && { origins }),
        ...(cors && { headers: { 'Access-Control-Allow-Origin': cors } }),
        routes: { '/events': (stream) => void stream.subscribe('news') },
      })
      using stream = await open('/events', { headers })
      return { status: stream.status, hub }
    }

    const evil = 'https://evil.example'

    it.each([
      [200, 'a client that is no page', {}],
      [200, 'a page of its own', { 'Sec-Fetch-Site': 'same-origin' }],
      [200, 'an address that was typed in', { 'Sec-Fetch-Site': 'none' }],
      [200, 'a page of the same site', { 'Sec-Fetch-Site': 'same-site', Origin: 'https://www.app.example' }],
      [200, 'a page of its own in a browser without Fetch Metadata', { Origin: 'http://127.0.0.1:5173' }],
      [403, 'a page of another site', { 'Sec-Fetch-Site': 'cross-site', Origin: evil }],
      [403, 'an image of another site', { 'Sec-Fetch-Site': 'cross-site' }],
      [403, 'a page of another site in a browser without Fetch Metadata', { Origin: evil }],
      [403, 'a page without an origin', { Origin: 'null' }],
    ])('are answered %i by default: %s', async (status, __, headers) => {
      expect((await statusOf(headers)).status).toBe(status)
    })

    it('are let in when the CORS headers of the app let them read the response', async () => {
      const headers = { 'Sec-Fetch-Site': 'cross-site', Origin: evil }
      expect((await statusOf(headers, undefined, evil)).status).toBe(200)
      expect((await statusOf(headers, undefined, '*')).status).toBe(200)
      expect((await statusOf(headers, undefined, 'https://app.example')).status).toBe(403)
    })

    it.each([
      [200, 'https://app.example', { Origin: 'https://app.example', 'Sec-Fetch-Site': 'cross-site' }],
      [403, 'https://app.example', { Origin: evil, 'Sec-Fetch-Site': 'same-site' }],
      [403, 'https://app.example', { 'Sec-Fetch-Site': 'same-site' }],
      [200, ['https://a.example', evil], { Origin: evil }],
      [200, '*', { Origin: evil, 'Sec-Fetch-Site': 'cross-site' }],
      [200, (origin: string) => origin.endsWith('.example'), { Origin: evil }],
      [403, () => false, { Origin: evil }],
      [200, () => false, { 'Sec-Fetch-Site': 'same-origin' }],
    ] as const)('are answered %i with origins: %s', async (status, origins, headers) => {
      expect((await statusOf({ ...headers }, origins)).status).toBe(status)
    })

    it('are refused before anything is opened, with a problem that names the way out', async () => {
      const hub = createHub()
      const { open } = await serve(adapter, {
        hub,
        routes: {
          '/events': (stream) => {
            expect(stream.subscribe('news').send('x')).toBe(false)
            expect(stream.closed).toBe(true)
          },
        },
      })
      using stream = await open('/events', { headers: { Origin: evil } })
      expect(stream.headers.get('content-type')).toBe('application/problem+json')
      expect(hub.stats()).toMatchObject({ opened: 0, channels: 0 })
    })

    it.each([
      ['capacitor://localhost', 'tauri://localhost', 'app://obsidian.md', 'ionic://localhost'],
      [
        'chrome-extension://aapbdbdomjkkjkaonfhkkikfgjllcleb',
        'moz-extension://2c127fa4-62c7-7e4f-90e5-472b45eecfdc',
      ],
      ['null', 'file://'],
      ['http://localhost:5173', 'https://xn--mnchen-3ya.example'],
    ])('may be those of any scheme, as browsers send them: %s, %s', async (...all) => {
      for (const origin of all.filter(Boolean)) {
        expect((await statusOf({ Origin: origin }, all)).status, origin).toBe(200)
        expect((await statusOf({ Origin: origin }, 'https://app.example')).status, origin).toBe(403)
        expect((await statusOf({ Origin: `${origin}x` }, all)).status, `${origin}x`).toBe(403)
      }
    })

    it('may be several, with functions and patterns among them', async () => {
      const origins = ['capacitor://localhost', (origin: string) => origin === evil, 'https://*.app.example']
      for (const origin of ['capacitor://localhost', evil, 'https://www.app.example']) {
        expect((await statusOf({ Origin: origin }, origins)).status, origin).toBe(200)
      }
      expect((await statusOf({ Origin: 'https://other.example' }, origins)).status).toBe(403)
      expect((await statusOf({ Origin: evil }, ['https://app.example', '*'])).status).toBe(200)
    })

    it.each([
      [200, 'https://a.example.com'],
      [200, 'https://a.b.c.example.com'],
      [200, 'https://xn--80ak6aa92e.example.com'],
      [403, 'https://example.com'],
      [403, 'https://evil-example.com'],
      [403, 'https://evilexample.com'],
      [403, 'https://a.example.com.evil.com'],
      [403, 'https://evil.com/.example.com'],
      [403, 'https://evil.com#.example.com'],
      [403, 'https://evil.com?.example.com'],
      [403, 'https://evil.com\\.example.com'],
      [403, 'https://evil.com:443.example.com'],
      [403, 'https://user@a.example.com'],
      [403, 'https://a.example.com@evil.com'],
      [403, 'https://a.example.com:8443'],
      [403, 'https://a.example.com.'],
      [403, 'https://.example.com'],
      [403, 'https://a..example.com'],
      [403, 'https://*.example.com'],
      [403, 'https://A.example.com'],
      [403, 'HTTPS://a.example.com'],
      [403, 'https://a.EXAMPLE.com'],
      [403, 'http://a.example.com'],
      [403, 'https://a.example.com, https://evil.com'],
      [403, 'https://evil.com, https://a.example.com'],
      [403, 'evil://a.example.com'],
      [403, 'null'],
    ])('are answered %i with the subdomains of a domain: %s', async (status, origin) => {
      expect((await statusOf({ Origin: origin }, 'https://*.example.com')).status).toBe(status)
    })

    it('are told apart by port also with subdomains', async () => {
      const origins = 'https://*.example.com:8443'
      expect((await statusOf({ Origin: 'https://a.example.com:8443' }, origins)).status).toBe(200)
      expect((await statusOf({ Origin: 'https://a.example.com' }, origins)).status).toBe(403)
    })

    it.each(['capacitor://127.0.0.1', 'http://user@127.0.0.1', 'http://127.0.0.1.', 'http://127.1'])(
      'are not taken for the server itself: %s',
      async (origin) => {
        expect((await statusOf({ Origin: origin })).status).toBe(403)
        expect((await statusOf({ Origin: origin }, 'https://app.example')).status).toBe(403)
      },
    )
  })
}
