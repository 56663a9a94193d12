import { expect, test } from 'vitest'
import { startApp } from '../../../test/start-app.ts'

const draft = { to: 'all', title: 'Hello', body: 'To everybody' }

test('a repeat under the same Idempotency-Key answers the first notification with 200, and is neither stored nor published', async () => {
  const testApp = await startApp()
  const mina = await testApp.as('mina')
  const send = () => mina.post('/api/notifications').set('Idempotency-Key', 'a1').send(draft)
  const first = await send().expect(201)
  const repeat = await send().expect(200)
  expect(repeat.body).toEqual(first.body)
  expect(testApp.published).toHaveLength(1)
  expect((await mina.get('/api/notifications')).body.notifications).toHaveLength(1)
})

test('the answer names the event, which a page can wait for', async () => {
  const { as, hub } = await startApp()
  const mina = await as('mina')
  const { headers } = await mina.post('/api/notifications').send(draft).expect(201)
  expect(headers['event-id']).toBe(hub.position)
})

test('repeats that come at once are one notification', async () => {
  const { as } = await startApp()
  const mina = await as('mina')
  const answers = await Promise.all(
    Array.from({ length: 5 }, () =>
      mina.post('/api/notifications').set('Idempotency-Key', 'at once').send(draft),
    ),
  )
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 201])
  expect(new Set(answers.map(({ body }) => body.id))).toEqual(new Set([1]))
})

test('keys are of one sender; another key, and none, are another notification', async () => {
  const { as } = await startApp()
  const [mina, joon] = [await as('mina'), await as('joon')]
  const ids: number[] = []
  for (const post of [
    mina.post('/api/notifications').set('Idempotency-Key', 'a1'),
    joon.post('/api/notifications').set('Idempotency-Key', 'a1'),
    mina.post('/api/notifications').set('Idempotency-Key', 'a2'),
    mina.post('/api/notifications'),
    mina.post('/api/notifications'),
  ]) {
    const { body } = await post.send(draft).expect(201)
    ids.push(body.id)
  }
  expect(ids).toEqual([1, 2, 3, 4, 5])
})

test('something else under a key that was used answers 422', async () => {
  const testApp = await startApp()
  const mina = await testApp.as('mina')
  const send = (title: string) =>
    mina
      .post('/api/notifications')
      .set('Idempotency-Key', 'a1')
      .send({ ...draft, title })
  await send('One').expect(201)
  const answer = await send('Two').expect(422)
  expect(answer.body).toMatchObject({ status: 422, detail: expect.stringContaining('Idempotency-Key') })
  expect(testApp.published).toHaveLength(1)
})

test('what was refused may be repeated under its key', async () => {
  const { as } = await startApp({ maxEventBytes: 150 })
  const mina = await as('mina')
  const send = (body: string) =>
    mina
      .post('/api/notifications')
      .set('Idempotency-Key', 'a1')
      .send({ ...draft, body })
  await send('x'.repeat(200)).expect(500)
  await send('').expect(201)
})

test.each([
  ['an empty key', ''],
  ['a key of 129 characters', 'x'.repeat(129)],
  ['a key with other characters', 'schlüssel'],
])('%s answers 400', async (_, key) => {
  const { as } = await startApp()
  const mina = await as('mina')
  await mina.post('/api/notifications').set('Idempotency-Key', key).send(draft).expect(400)
  await mina.post('/api/notifications').set('Idempotency-Key', 'x'.repeat(128)).send(draft).expect(201)
})
