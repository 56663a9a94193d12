import { afterEach, describe, expect, it, vi } from 'vitest'
import { SseError } from './errors.ts'
import { isCrossOrigin, resolveUrl, withQuery } from './url.ts'

afterEach(() => vi.unstubAllGlobals())

describe('resolving', () => {
  it('takes an absolute URL anywhere', () =>
    expect(resolveUrl('http://a.example/events').href).toBe('http://a.example/events'))

  it('refuses a relative URL in Node, and says why', () => {
    expect(() => resolveUrl('/events')).toThrow(SseError)
    expect(() => resolveUrl('/events')).toThrow('give an absolute URL')
  })

  it("goes by the document's base, and in a worker by its location", () => {
    vi.stubGlobal('location', { href: 'http://a.example/app/worker.js' })
    expect(resolveUrl('events').href).toBe('http://a.example/app/events')
    vi.stubGlobal('document', { baseURI: 'http://b.example/' })
    expect(resolveUrl('events').href).toBe('http://b.example/events')
  })
})

describe('the query', () => {
  const url = new URL('http://a.example/events?room=1')

  it('leaves a URL alone that has nothing to carry', () => {
    expect(withQuery(url, { channels: [] }).href).toBe(url.href)
    expect(withQuery(url, { channels: [], lastEventId: '' }).href).toBe(url.href)
  })

  it('carries channels and the cursor, whatever is in them', () => {
    const { searchParams } = withQuery(url, { channels: ['topic:é', 'a&b'], lastEventId: 'x=1&y' })
    expect(Object.fromEntries(searchParams)).toEqual({
      room: '1',
      channels: 'topic:é,a&b',
      lastEventId: 'x=1&y',
    })
  })

  it('changes no URL it was given', () => {
    withQuery(url, { channels: ['a'] })
    expect(url.search).toBe('?room=1')
  })
})

it('knows an origin only where there is a page', () => {
  const url = new URL('http://a.example/events')
  expect(isCrossOrigin(url)).toBe(false)
  vi.stubGlobal('location', { origin: 'http://a.example' })
  expect(isCrossOrigin(url)).toBe(false)
  vi.stubGlobal('location', { origin: 'http://b.example' })
  expect(isCrossOrigin(url)).toBe(true)
})
