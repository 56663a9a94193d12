import { expect, test } from 'vitest'
import { runExample } from '../test/example.ts'
import { poll, pollFor } from '../test/poll.ts'

const wait = { Prefer: 'wait=25' }

test('every notification comes once, and no answer but the first is empty', async () => {
  const { origin } = await runExample('long-polling', { INTERVAL: '100' })
  const { answers, numbers } = await pollFor(5, origin, wait)
  const [first = 0] = numbers
  expect(numbers).toEqual(numbers.map((_, index) => first + index))
  expect(answers.slice(1).filter(({ events }) => events.length === 0)).toEqual([])
})

test('who comes late gets at once what has been waiting', async () => {
  const { origin } = await runExample('long-polling', { INTERVAL: '20' })
  const { cursor } = await poll(origin)
  await pollFor(3, origin, wait)
  expect((await poll(origin, cursor)).events.length).toBeGreaterThanOrEqual(3)
})

test('when nothing comes the answer is empty and the cursor stays', async () => {
  const { origin } = await runExample('long-polling', { INTERVAL: '100000' })
  const { cursor } = await poll(origin)
  expect(await poll(origin, cursor, { Prefer: 'wait=1' })).toMatchObject({ events: [], cursor })
})
