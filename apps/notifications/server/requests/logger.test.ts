import { pino } from 'pino'
import { expect, test, vi } from 'vitest'
import { startApp, type TestAppOptions } from '../../test/start-app.ts'

/** The app with the log of the real process, line by line. */
async function startWithLog(options: TestAppOptions = {}) {
  const lines: { level: number; msg: string; err?: { message: string }; req?: { url: string } }[] = []
  const logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) })
  const testApp = await startApp({ ...options, logger, onError: (error) => logger.error(error) })
  return { ...testApp, lines, errors: () => lines.filter(({ level }) => level >= 50) }
}

const draft = { to: 'all', title: 'Hello', body: '' }

test('a refused publish is logged once, with why and for which request', async () => {
  const { as, hub, errors } = await startWithLog({ maxEventBytes: 10 })
  // A spy looks at what the promises become, and so would hide that nobody else does.
  vi.mocked(hub.publish).mockRestore()
  const mina = await as('mina')
  await mina.post('/api/notifications').send(draft).expect(500)
  // What nobody awaited would be told at the end of a turn.
  await mina.get('/api/notifications').expect(200)
  expect(errors()).toHaveLength(1)
  expect(errors()[0]).toMatchObject({ req: { url: '/api/notifications' } })
  expect(errors()[0]?.err?.message).toMatch(/10/)
})

test('what the caller did wrong, and what is refused on purpose, is no error', async () => {
  const { as, hub, errors } = await startWithLog()
  const mina = await as('mina')
  await mina.post('/api/notifications').send({}).expect(400)
  await mina.get('/nothing').expect(404)
  await hub.close()
  await mina.post('/api/notifications').send(draft).expect(503)
  expect(errors()).toEqual([])
})

test('there is a line for every request of the API, none for the page’s files, and never a cookie', async () => {
  const { as, lines } = await startWithLog()
  const mina = await as('mina')
  await mina.get('/api/notifications').expect(200)
  await mina.get('/assets/index.js').expect(404)
  expect(lines.map(({ req }) => req?.url)).toEqual(['/api/session', '/api/notifications'])
  expect(JSON.stringify(lines)).not.toMatch(/cookie|session=/i)
})
