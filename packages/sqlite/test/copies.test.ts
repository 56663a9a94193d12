import { copyFileSync } from 'node:fs'
import { backup, DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import { newFile, startBroker } from '../src/log-file.test-kit.ts'

const { signal } = new AbortController()

async function publishAll({ broker }: Awaited<ReturnType<typeof startBroker>>, ...texts: string[]) {
  const ids: string[] = []
  for (const data of texts) ids.push((await broker.publish(['news'], { data })).id)
  return ids
}

it('a cursor of the tail that a backup does not have is forked, the others go on', async () => {
  const [path, saved] = [newFile(), newFile()]
  const first = await startBroker(path)
  const held = await publishAll(first, '1', '2')
  const source = new DatabaseSync(path)
  await backup(source, saved)
  source.close()
  const lost = await publishAll(first, '3', '4', '5')
  await first.broker.close()

  const restored = await startBroker(saved)
  const oldest = first.head
  for (const cursor of lost) {
    expect(await restored.broker.read(cursor, { limit: 9, signal })).toEqual({
      gap: 'forked',
      resumeAt: oldest,
    })
  }
  const ids = await publishAll(restored, '3 anew', '4 anew', '5 anew', '6 anew')
  for (const cursor of lost) {
    expect(await restored.broker.read(cursor, { limit: 9, signal })).toEqual({
      gap: 'forked',
      resumeAt: oldest,
    })
  }
  const page = await restored.broker.read(held[0]!, { limit: 9, signal })
  expect('entries' in page && page.entries.map(({ id }) => id)).toEqual([held[1], ...ids])
})

it('two copies of a file that both go on do not know each other’s new ids', async () => {
  const [path, copy] = [newFile(), newFile()]
  const first = await startBroker(path)
  const [common] = await publishAll(first, '1')
  await first.broker.close()
  copyFileSync(path, copy)

  const [one, other] = [await startBroker(path), await startBroker(copy)]
  const [[ofOne], [ofOther]] = [await publishAll(one, '2'), await publishAll(other, '2')]
  expect(ofOne).not.toBe(ofOther)
  expect(await one.broker.read(ofOther!, { limit: 1, signal })).toMatchObject({ gap: 'forked' })
  expect(await other.broker.read(ofOne!, { limit: 1, signal })).toMatchObject({ gap: 'forked' })
  expect(await other.broker.read(common!, { limit: 1, signal })).toMatchObject({ done: true })
})

it('a cursor of a lost tail is still forked after the log has removed that place', async () => {
  const [path, copy] = [newFile(), newFile()]
  const first = await startBroker(path)
  await publishAll(first, '1')
  await first.broker.close()
  copyFileSync(path, copy)
  const [lost] = await publishAll(await startBroker(path), '2')

  const other = await startBroker(copy, { keep: { entries: 5 } })
  const [own] = await publishAll(other, ...'23456789')
  expect(await other.broker.read(lost!, { limit: 1, signal })).toMatchObject({ gap: 'forked' })
  expect(await other.broker.read(own!, { limit: 1, signal })).toMatchObject({ gap: 'trimmed' })
})
