import { until } from '@sse/testbed'
import { expect, test } from 'vitest'
import { lineLog, live, patience, toasted, withHerald, withPeople } from './people.ts'

const people = withPeople()
const herald = withHerald()

test('the operator sees every stream come and go, disconnects a user and drains the process', async () => {
  const admin = await people.enter(herald.server.origin, 'Admin')
  await admin.getByRole('link', { name: 'Operator page' }).click()
  expect(await admin.title()).toBe('Operator · Herald')
  const figure = async (name: string) => Number(await admin.locator(`[data-figure="${name}"]`).textContent())
  await until(async () => (await admin.locator('canvas').count()) === 6, patience)
  // The operator's own two: events and figures.
  const alone = 2
  await until(async () => (await figure('streams')) === alone, patience)

  const mina = await people.enter(herald.server.origin, 'Mina Kim')
  await until(async () => (await figure('streams')) === alone + 1, patience)
  await admin.getByRole('img', { name: `Streams and channels, now: Streams ${alone + 1}` }).waitFor()
  await herald.sora.send('all', 'Counted by the operator')
  await until(async () => (await figure('window')) > 0, patience)

  const seen = async (text: string) => (await lineLog(mina)).filter((entry) => entry.startsWith(text)).length
  await admin.getByRole('button', { name: 'Disconnect Mina Kim' }).click()
  const question = admin.getByRole('alertdialog', { name: 'Disconnect Mina Kim?' })
  await question.getByRole('button', { name: 'Disconnect' }).click()
  await toasted(admin, 'Mina Kim was disconnected')
  await until(async () => (await seen('The server ended the stream')) === 1, patience)
  await live(mina)

  await admin.getByRole('button', { name: 'Drain' }).click()
  const slider = admin.getByRole('slider', { name: 'Spread over' })
  await slider.press('Home')
  await admin.getByRole('alertdialog').getByText('1 s', { exact: true }).waitFor()
  await admin.getByRole('alertdialog').getByRole('button', { name: 'Drain' }).click()
  await toasted(admin, 'Draining over 1 second')
  await until(async () => (await seen('The server ended the stream')) === 2, patience)
  await live(mina)
  await live(admin)
  await until(async () => (await seen('Open, resumed where it was')) === 2, patience)
  expect(people.complaints).toEqual([])
})

test('for everybody else there is nothing to see, nor to load', async () => {
  const loaded: string[] = []
  const mina = await people.visit(herald.server.origin)
  mina.on('request', (request) => void loaded.push(new URL(request.url()).pathname))
  await mina.getByRole('button', { name: 'Mina Kim' }).click()
  await live(mina)
  expect(await mina.getByRole('link', { name: 'Operator page' }).count()).toBe(0)
  expect(loaded.filter((path) => /Operator|admin/.test(path))).toEqual([])

  await mina.goto(`${herald.server.origin}/admin`)
  await mina.getByRole('heading', { name: 'This page is for the operator' }).waitFor()
  expect(loaded.filter((path) => path.startsWith('/admin/events'))).toEqual([])
  await mina.getByRole('link', { name: 'To the inbox', exact: true }).click()
  await mina.getByRole('heading', { name: 'Inbox' }).waitFor()
  expect(people.complaints).toEqual([])
})
