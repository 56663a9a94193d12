import * as v from 'valibot'
import { expect, test } from 'vitest'
import { portText, readVariables, serverSettings, serverVariables } from './environment.ts'

const read = (variables: Readonly<Record<string, string>>) =>
  serverSettings(readVariables(v.object(serverVariables), variables))

const answersTo = (variables: Readonly<Record<string, string>>, host: string) =>
  read(variables).allowedHosts({ headers: { host } })

test('in development a server listens on this machine only, in production on every address', () => {
  expect(read({})).toMatchObject({ production: false, host: '127.0.0.1' })
  expect(read({ HOST: '' })).toMatchObject({ host: '127.0.0.1' })
  expect(read({ NODE_ENV: 'production' })).toMatchObject({ production: true, host: undefined })
  expect(read({ HOST: '0.0.0.0' })).toMatchObject({ host: '0.0.0.0' })
})

test('it answers to the hosts that are named, and to the address that it is told to listen on', () => {
  const named = { ALLOWED_HOSTS: 'herald.example, www.herald.example,' }
  expect(answersTo(named, 'www.herald.example:443')).toBe(true)
  expect(answersTo(named, 'localhost')).toBe(true)
  expect(answersTo({}, 'herald.example')).toBe(false)
  expect(answersTo({ HOST: '192.168.1.5' }, '192.168.1.5:3000')).toBe(true)
  expect(answersTo({ HOST: '::' }, 'evil.example')).toBe(false)
  expect(answersTo({ NODE_ENV: 'production' }, 'evil.example')).toBe(false)
})

test('what is wrong is said with the name of the variable', () => {
  expect(() => read({ ALLOWED_HOSTS: 'https://herald.example' })).toThrow(
    /^ALLOWED_HOSTS: "https:\/\/herald\.example" is not a host name/,
  )
  const port = v.object({ PORT: portText(100) })
  for (const PORT of ['x', '-1', '101', '1.5']) expect(() => readVariables(port, { PORT })).toThrow(/^PORT: /)
})
