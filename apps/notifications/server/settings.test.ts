import { expect, test } from 'vitest'
import { readSettings } from './settings.ts'

test('without any variable it is development on port 3000 with a database in the app’s folder', () => {
  expect(readSettings({})).toMatchObject({
    production: false,
    port: 3000,
    databaseFile: expect.stringMatching(/apps\/notifications\/data\/notifications\.sqlite$/),
  })
})

test('an empty variable counts as not set', () => {
  expect(readSettings({ PORT: '', DATABASE_FILE: '' }).port).toBe(3000)
})

test.each(['x', '-1', '70000', '3000.5'])('PORT=%s is refused by name', (PORT) => {
  expect(() => readSettings({ PORT })).toThrow(/^PORT: /)
})

test('without any variable nobody reads the metrics, and no proxy is believed', () => {
  expect(readSettings({})).toMatchObject({ metricsToken: undefined, proxies: 0, writesPerMinute: 600 })
})

test.each([
  ['METRICS_TOKEN', 'short'],
  ['WRITES_PER_MINUTE', '0'],
  ['WRITES_PER_MINUTE', 'many'],
  ['TRUST_PROXY', 'true'],
  ['TRUST_PROXY', '11'],
])('%s=%s is refused by name', (name, value) => {
  expect(() => readSettings({ [name]: value })).toThrow(new RegExp(`^${name}: `))
})
