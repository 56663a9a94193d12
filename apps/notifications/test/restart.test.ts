import { openStream, type TestEvent } from '@sse/core/testing'
import { expect, onTestFinished, test } from 'vitest'
import { signIn, startSender, startServer } from './start-server.ts'

const title = ({ data }: TestEvent): string => JSON.parse(data).title

test('killed and started again, it resumes from the last id: nothing missed, nothing repeated, no gap', async () => {
  const server = await startServer('development')
  onTestFinished(server.stop)
  const { origin } = server
  const headers = { Cookie: await signIn(origin, 'mina') }
  const joon = await startSender(origin, 'joon')

  const before = await openStream(origin, '/events', { headers })
  await before.next('sse.open')
  await joon.send('all', 'Seen')
  expect(title(await before.next('notification'))).toBe('Seen')
  const { lastEventId } = before
  await before.close()
  await joon.send('topic:builds', 'Stored, and then the server was killed')
  await server.process.kill('SIGKILL')

  await server.restart()
  await joon.send('user:joon', 'Not for Mina')
  await joon.send('user:mina', 'Sent before she was back')
  await using after = await openStream(origin, '/events', { headers, lastEventId })
  const opened = await after.next()
  expect([opened.event, JSON.parse(opened.data)]).toMatchObject(['sse.open', { resumed: true }])
  await joon.send('all', 'Live again')
  /** Who is online is told at any time. */
  const next = async (): Promise<TestEvent> => {
    const event = await after.next()
    return event.event === 'sse.presence' ? next() : event
  }
  const events = [await next(), await next(), await next()]
  expect(events.map(({ event }) => event)).toEqual(['notification', 'notification', 'notification'])
  expect(events.map(title)).toEqual([
    'Stored, and then the server was killed',
    'Sent before she was back',
    'Live again',
  ])
})
