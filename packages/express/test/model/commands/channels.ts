import fc from 'fast-check'
import { clock } from '../clock.ts'
import { Step } from '../step.ts'
import { address, channels, key, maybeKey, named, pick, verdicts, which } from './names.ts'

/** An id of a stream that nobody has, of a hub that nobody has. */
const madeUp = 'AAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA'

const posts = fc
  .record({
    address,
    which,
    /** Whether it comes from the client whose stream it is. */
    isOwn: fc.constantFrom(true, true, true, false),
    subscribe: named,
    unsubscribe: channels,
    verdicts,
  })
  .map(
    ({ address, which, isOwn, ...asked }) =>
      new Step(
        `posts ${JSON.stringify({ address, which, isOwn, ...asked })}`,
        (world) => {
          const open = world.clients.filter(({ ledger, asks }) => ledger.opened && asks.kind === 'stream')
          const target = pick(open, which)
          if (!target?.stream) return false
          const key = isOwn ? target.key : 'mallory'
          world.post(address, { target, holder: target.server, stream: target.stream.id, key, ...asked })
          return undefined
        },
        ({ clients }) => clients > 0,
      ),
  )

/** Posts about streams that there are not, more than one client may cause in a second: nobody else may notice. */
const floods = fc
  .record({ address, key: fc.oneof(key, maybeKey), count: fc.constantFrom(1, 1, 25), isOfHub: fc.boolean() })
  .map(
    ({ address, key, count, isOfHub }) =>
      new Step(`floods ${JSON.stringify({ address, key, count, isOfHub })}`, async (world) => {
        const known = isOfHub ? world.clients.find(({ ledger }) => ledger.opened) : undefined
        const stream = madeUp.replace('AAAAAAAA', known?.stream?.id.split('.')[0] ?? '$&')
        const wish = {
          target: undefined,
          holder: known?.server,
          stream,
          key,
          subscribe: ['a'],
          unsubscribe: [],
          verdicts: 'now',
        } as const
        const posters = Array.from({ length: count }, () => world.post(address, wish))
        await world.settle()
        // A hub that has just started gives the others a second to say that they live.
        await clock.pass(1_250)
        await world.settle()
        for (const poster of posters)
          if (poster.status === undefined && !poster.sawOutage)
            world.breach('I8', `nobody has this stream, and there is no answer to ${poster}`)
      }),
  )

export const channelSteps = [
  { weight: 4, arbitrary: posts },
  { weight: 1, arbitrary: floods },
]
