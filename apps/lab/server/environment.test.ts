import { expect, test } from 'vitest'
import { readEnvironment } from './environment.ts'

test('the transports have the ports after the page', () => {
  expect(readEnvironment({})).toMatchObject({ production: false, port: 3100, host: '127.0.0.1' })
  expect(readEnvironment({ PORT: '8000' }).transportPorts).toEqual({
    short: 8001,
    etag: 8002,
    long: 8003,
    websocket: 8004,
    sse: 8005,
  })
  expect(readEnvironment({ PORT: '0' }).transportPorts).toEqual({
    short: 0,
    etag: 0,
    long: 0,
    websocket: 0,
    sse: 0,
  })
})

test('an empty variable is one that is not set', () => {
  expect(readEnvironment({ PORT: '', HOST: '' })).toMatchObject({ port: 3100, host: '127.0.0.1' })
})

test.each(['x', '-1', '65532', '70000'])('%s is no port, and that is said', (PORT) => {
  expect(() => readEnvironment({ PORT })).toThrow(/^PORT: /)
})
