import { until } from '@sse/testbed'
import { expect, test } from 'vitest'
import { perTransport, transportNames } from '../../shared/lab.ts'
import { startTestLab } from '../../test/start-lab.ts'

const patience = { timeout: 20_000 }

test('clients connect for real, get every event, and leave', async () => {
  const { lab, watch } = await startTestLab()
  await watch()
  lab.change({ ...lab.settings, clients: 3, interval: 200 })
  const open = () => perTransport((name) => lab.state().crowd[name].open)
  const connections = () => perTransport((name) => lab.state().readings[name].connections)
  await until(() => transportNames.every((name) => open()[name] === 3), patience)
  expect(connections()).toEqual(perTransport(() => 3))

  lab.reset()
  await until(() => transportNames.every((name) => lab.state().crowd[name].received >= 15), patience)
  for (const name of transportNames) expect(lab.state().crowd[name]).toMatchObject({ missed: 0, repeated: 0 })

  lab.change({ ...lab.settings, clients: 1 })
  await until(() => transportNames.every((name) => connections()[name] === 1), patience)
  lab.change({ ...lab.settings, clients: 0 })
  await until(() => transportNames.every((name) => connections()[name] === 0), patience)
})

test('a cut costs those on a WebSocket what came meanwhile, and nobody else', async () => {
  const { lab, watch } = await startTestLab()
  await watch()
  lab.change({ ...lab.settings, rate: 50, clients: 2, interval: 200 })
  const crowd = () => lab.state().crowd
  await until(() => transportNames.every((name) => crowd()[name].open === 2), patience)
  lab.cut(1_000)
  await until(() => crowd().websocket.missed >= 50, patience)
  await until(() => transportNames.every((name) => crowd()[name].open === 2), patience)
  for (const name of ['short', 'long', 'sse'] as const) expect(crowd()[name].missed).toBe(0)
})

test('the crowd leaves when the last page has left', async () => {
  const { lab, watch } = await startTestLab()
  const viewer = await watch()
  lab.change({ ...lab.settings, clients: 2 })
  await until(() => lab.state().crowd.sse.open === 2, patience)
  viewer.leave()
  await until(() => transportNames.every((name) => lab.state().readings[name].connections === 0), patience)
  expect(lab.settings.clients).toBe(2)
})
