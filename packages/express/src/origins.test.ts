import { describe, expect, it } from 'vitest'
import { SseError, sse } from './index.ts'

describe('the option origins', () => {
  it.each([
    ['app.example', /Give scheme, host and port/],
    ['https://app.example/', /Did you mean "https:\/\/app\.example"\?/],
    ['https://App.Example:443', /Did you mean "https:\/\/app\.example"\?/],
    ['https://app.example/path', /is not an origin/],
    ['https://münchen.example', /Did you mean "https:\/\/xn--mnchen-3ya\.example"\?/],
    ['https://*', /is not an origin/],
    ['https://*.', /is not an origin/],
    ['https://a*.example.com', /is not an origin/],
    ['https://*.*.example.com', /is not an origin/],
    ['*.example.com', /"https:\/\/\*\.example\.com" for all subdomains/],
    ['', /is not an origin/],
    [7, /is not an origin/],
  ])('cannot be %j', (origin, message) => {
    expect(() => sse({ origins: [origin as string] })).toThrow(SseError)
    expect(() => sse({ origins: origin as string })).toThrow(message)
  })
})
