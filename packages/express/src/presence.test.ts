import { openStream, type TestStream } from '@sse/express/testing'
import { describe, expect, it } from 'vitest'
import { expressVersions } from '../test/express-versions.ts'
import { createHub, createMemoryLog, sse } from './index.ts'

interface Told {
  readonly channel: string
  readonly members?: readonly { readonly id: string; readonly info: unknown; readonly streams: number }[]
  readonly joined?: Told['members']
}

async function told(stream: TestStream): Promise<Told> {
  return JSON.parse((await stream.next('sse.presence')).data)
}

describe.each(expressVersions)('presence on %s', (_, express) => {
  const log = createMemoryLog()

  function server() {
    const errors: unknown[] = []
    const hub = createHub({
      broker: log.connect(),
      channel: (name) => ({ presence: name.startsWith('room:') }),
      onError: (error) => errors.push(error),
    })
    const app = express().use(
      sse({
        hub,
        key: (req) => req.get('X-User'),
        authorize: () => true,
        presence: (req, channel) => {
          const name = req.get('X-User')
          if (name === 'broken') throw new Error('no name')
          return name === 'hidden' ? undefined : { name, on: channel }
        },
      }),
    )
    app.get('/room', (_req, res) => void res.sse.subscribe(['room:1', 'news']))
    const enter = (user: string, channels?: string[]) =>
      openStream(app, '/room', { headers: { 'X-User': user }, ...(channels && { channels }) })
    return { hub, app, enter, errors }
  }

  it('is known to every process: who is there is told to who comes, and who comes to who is there', async () => {
    const [one, other] = [server(), server()]
    await using ada = await one.enter('ada')
    const first = await told(ada)
    expect(first).toMatchObject({ channel: 'room:1', members: [{ info: { name: 'ada', on: 'room:1' } }] })
    await expect.poll(() => other.hub.presence('room:1'), { timeout: 20_000 }).toHaveLength(1)
    await using bob = await other.enter('bob')
    const list = await told(bob)
    expect(list.members?.map(({ info }) => info)).toEqual(
      expect.arrayContaining([
        { name: 'ada', on: 'room:1' },
        { name: 'bob', on: 'room:1' },
      ]),
    )
    expect(JSON.stringify(list.members?.map(({ id }) => id))).not.toMatch(/ada|bob/)
    let joined: Told
    do joined = await told(ada)
    while (!joined.joined?.some(({ info }) => (info as { name: string }).name === 'bob'))
    await expect.poll(() => one.hub.presence('room:1'), { timeout: 20_000 }).toHaveLength(2)
  })

  it('is not told of who is invisible, has no key, or whose callback throws', async () => {
    const { hub, app, enter, errors } = server()
    await hub.ready
    await using hidden = await enter('hidden', ['room:2'])
    await using broken = await enter('broken', ['room:2'])
    await using anonymous = await openStream(app, '/room?channels=room:2')
    for (const stream of [hidden, broken, anonymous]) await stream.next('sse.presence')
    expect(await hub.presence('room:2')).toEqual([])
    expect(errors).toContainEqual(new Error('no name'))
  })

  it('refuses what is no function', () => {
    // @ts-expect-error: a list of members is no callback
    expect(() => sse({ presence: [] })).toThrow(/presence/)
  })
})
