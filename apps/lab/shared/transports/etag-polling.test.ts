import { until } from '@sse/testbed'
import { expect, onTestFinished, test } from 'vitest'
import type { LabEvent, ListAnswer } from '../lab.ts'
import { startEtagPolling } from './etag-polling.ts'

const events = (from: number, to: number): LabEvent[] =>
  Array.from({ length: to - from + 1 }, (_, index) => ({ n: from + index, at: 0, text: '' }))

/** What a client makes of these answers, one a poll. `undefined`: the line is cut. */
async function seenOf(answers: readonly (ListAnswer | undefined)[]) {
  const seen: number[] = []
  const statuses: string[] = []
  let polls = 0
  const getJson = () => {
    const answer = answers[Math.min(polls++, answers.length - 1)]
    return answer ? Promise.resolve(answer) : Promise.reject(new Error('cut'))
  }
  const client = startEtagPolling(
    { url: 'http://lab', getJson, interval: 1 },
    {
      events: (batch) => seen.push(...batch.map(({ n }) => n)),
      status: (status) => void (statuses.at(-1) === status || statuses.push(status)),
    },
  )
  onTestFinished(() => client.stop())
  await until(() => polls > answers.length)
  return { seen, statuses }
}

test('of each list only what is new is given, and nothing of the first', async () => {
  const answers = [events(1, 3), events(1, 3), events(2, 5), events(2, 5), events(6, 8)]
  const { seen } = await seenOf(answers.map((events) => ({ epoch: 'one', events })))
  expect(seen).toEqual([4, 5, 6, 7, 8])
})

test('what has left the list during a cut is missed', async () => {
  const { seen, statuses } = await seenOf([
    { epoch: 'one', events: events(1, 3) },
    undefined,
    { epoch: 'one', events: events(8, 10) },
  ])
  expect(seen).toEqual([8, 9, 10])
  expect(statuses).toEqual(['connecting', 'open', 'waiting', 'open'])
})

test('the list of a server that was started again is another one, and is followed from where it is', async () => {
  const { seen } = await seenOf([
    { epoch: 'one', events: events(90, 99) },
    { epoch: 'two', events: events(1, 2) },
    { epoch: 'two', events: events(1, 4) },
  ])
  expect(seen).toEqual([3, 4])
})
