import { until } from '@sse/testbed'
import { expect, test } from 'vitest'
import { runExample } from '../test/example.ts'
import { listen } from '../test/listen.ts'

const post = async (url: string, body = '') => {
  const answer = await fetch(url, { method: 'POST', body, headers: { 'Content-Type': 'text/plain' } })
  return answer.json()
}

test('an emitter says connect first, is in the registry, and is out of it when its client has left', async () => {
  const { origin, process } = await runExample('emitters')
  const [one, two] = [1, 2].map(() => listen(`${origin}/connect`, ['connect', 'news']))
  await until(() => one?.data('connect').length === 1 && two?.data('connect').length === 1)

  expect(await post(`${origin}/broadcast`, 'to both')).toEqual({ emitters: 2 })
  await until(() => one?.data('news').length === 1 && two?.data('news').length === 1)

  one?.source.close()
  await until(() => process.output.includes('error: client\ncompletion, 1 emitters left'))
  expect(await post(`${origin}/broadcast`, 'to the other')).toEqual({ emitters: 1 })
  await until(() => two?.data('news').length === 2)
  expect(two?.heard.map(({ event, data }) => [event, data])).toEqual([
    ['open', ''],
    ['connect', 'connected!'],
    ['news', 'to both'],
    ['news', 'to the other'],
  ])
  expect(one?.data('news')).toEqual(['to both'])
})

test('an emitter whose time is over is removed, and its client comes back with a new one', async () => {
  const { origin, process } = await runExample('emitters', { TIMEOUT: '300' })
  const client = listen(`${origin}/connect`, ['connect'])
  await until(() => client.data('connect').length === 3)
  await until(() => process.output.includes('timeout\ncompletion, 0 emitters left\ntimeout\n'))
  expect(process.output).not.toContain('error')
})

test('completing an emitter is no error, and its client stays away', async () => {
  const { origin, process } = await runExample('emitters')
  const client = listen(`${origin}/connect`, ['connect', 'sse.close'])
  await until(() => client.data('connect').length === 1)
  await post(`${origin}/complete`)
  await until(() => client.data('sse.close').length === 1)
  expect(JSON.parse(client.data('sse.close')[0] ?? '')).toMatchObject({ reconnect: false })
  await until(() => process.output.includes('completion, 0 emitters left'))
  expect(process.output).not.toMatch(/error|timeout/)
})

test('twenty values, then the end', async () => {
  const { origin } = await runExample('emitters', { INTERVAL: '5' })
  const client = listen(`${origin}/values`, ['value', 'sse.close'])
  await until(() => client.data('sse.close').length === 1)
  expect(client.data('value').map(Number)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
})

test('a source that fails completes the stream with an error, of which the client learns no details', async () => {
  const { origin, process } = await runExample('emitters', { INTERVAL: '5' })
  const answer = await fetch(`${origin}/failing`)
  const body = await answer.text()
  expect(body.match(/^event: .*/gm)).toEqual([
    ...Array(3).fill('event: value'),
    'event: failed',
    'event: sse.close',
  ])
  expect(body).not.toContain('ran dry')
  await until(() => process.output.includes('completion with an error: the source ran dry'))
})
