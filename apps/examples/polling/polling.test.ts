import { expect, test } from 'vitest'
import { runExample } from '../test/example.ts'
import { listen } from '../test/listen.ts'
import { poll, pollFor } from '../test/poll.ts'

test('the first answer says where to go on from; then every notification comes once, and answers in between are empty', async () => {
  const { origin } = await runExample('polling', { INTERVAL: '100' })
  const { answers, numbers } = await pollFor(5, origin)
  const [first = 0] = numbers
  expect(numbers).toEqual(numbers.map((_, index) => first + index))

  expect(answers[0]?.events).toEqual([])
  expect(answers[0]?.cursor).not.toBe('')
  expect(answers.slice(1).some(({ events }) => events.length === 0)).toBe(true)
})

test('a cursor of another log is told as a gap', async () => {
  const { origin } = await runExample('polling')
  expect(await poll(origin, 'another-1')).toMatchObject({ gap: { requested: 'another-1' } })
})

test('the same route is a stream for who asks for one', async () => {
  const { origin } = await runExample('polling', { INTERVAL: '20' })
  const { heard } = listen(`${origin}/events`, ['notification'])
  await expect.poll(() => heard.filter(({ event }) => event === 'notification').length).toBeGreaterThan(2)
})
