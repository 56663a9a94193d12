import { afterEach, describe, expect, it, vi } from 'vitest'
import { SseError } from '../errors.ts'
import { isCrossOrigin, resolveUrl, withQuery } from './url.ts'

afterEach(() => vi.unstubAllGlobals())

describe('resolving', () => {
  it('takes an absolute URL anywhere', () =>
    expect(resolveUrl('http://a.example/events').href).toBe('http://a.example/events'))

  it('refuses a relative URL in Node, and says why', () => {
    expect(() => resolveUrl('/events')).toThrow(SseError)
    expect(() => resolveUrl('/events')).toThrow('give an absolute http(s) URL')
  })

  it("goes by the document's base, and in a worker by its location", () => {
    vi.stubGlobal('location', { href: 'http://a.example/app/worker.js' })
    expect(resolveUrl('events').href).toBe('http://a.example/app/events')
    vi.stubGlobal('document', { baseURI: 'http://b.example/' })
    expect(resolveUrl('events').href).toBe('http://b.example/events')
  })
})

describe('a URL that can never be streamed from', () => {
  it.each([
    'data:text/plain,x',
    'ftp://a.example/',
    'about:blank',
    'mailto:a@b.example',
    'ws://a.example/',
    'http://ada:secret@a.example/',
  ])('%s is refused at once', (url) => {
    expect(() => resolveUrl(url)).toThrow(expect.objectContaining({ code: 'invalid-url', value: url }))
  })
})

describe('the query', () => {
  const url = new URL('http://a.example/events?room=1')

  it('leaves a URL alone that has nothing to carry', () => {
    expect(withQuery(url, [], '').href).toBe(url.href)
  })

  it('carries channels and the cursor, whatever is in them', () => {
    const { searchParams } = withQuery(url, ['topic:é', 'a&b'], 'x=1&y')
    expect(Object.fromEntries(searchParams)).toEqual({
      room: '1',
      channels: 'topic:é,a&b',
      lastEventId: 'x=1&y',
    })
  })

  it('leaves what the app wrote as it is, as a signed URL needs it', () => {
    const signed = new URL('http://a.example/e?token=st=1~exp=2~acl=/live/*&q=a%20b&flag#part')
    expect(withQuery(signed, ['a'], '5').href).toBe(
      'http://a.example/e?token=st=1~exp=2~acl=/live/*&q=a%20b&flag&channels=a&lastEventId=5#part',
    )
  })

  it('replaces parameters of its own names', () => {
    const former = new URL('http://a.example/?lastEventId=1&lastEventIds=2&channels=x')
    expect(withQuery(former, ['a'], '5').search).toBe('?lastEventIds=2&channels=a&lastEventId=5')
  })

  it('changes no URL it was given', () => {
    withQuery(url, ['a'], '')
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
