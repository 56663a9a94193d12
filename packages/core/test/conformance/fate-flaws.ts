import { IdempotencyKeys } from '../../src/log/idempotency-keys.ts'
import { broker, event, type Flaw, told } from './flaw.ts'
import { type RemoteBroker, RemoteLog } from './remote-broker.ts'

const restart = 'a restart loses no entry, and the log goes on after its head'
const gone =
  'a cursor of a log that is gone is forked, and reading goes on before the oldest entry of the new one'
const lost =
  'a cursor of the tail that a log lost is forked, also when the log has grown again; the others are complete'
const down = 'a broker tells when it cannot reach its log, and when it can again'
const cutOff = 'a broker that was cut off hands on what came meanwhile'
const whileCutOff =
  'publish while cut off: what resolves is in the log, and a repeat under its key appends once'

/** What can go wrong when something happens to the log, or to the line to it. */
export const fateFlaws: readonly Flaw[] = [
  event('forgets its head with its entries', 'a log that let go of its entries keeps its head', {
    trim: (log, keep) => (keep === 0 ? log.reset() : log.trim(keep)),
  }),
  broker(
    'answers a tail that follows what was let go',
    'start after entries were let go answers a tail from whose beginning can be read on',
    ({ start }, log) => ({
      start: async (receiver) => {
        const { head, tail } = await start(receiver)
        const [first, ...others] = tail
        return { head, tail: first ? [{ ...first, previous: log.gone[0]! }, ...others] : [] }
      },
    }),
  ),
  event('loses the last entry in a restart', restart, { restart: (log) => log.loseTail(1) }),
  broker(
    'acknowledges at close what it then forgets',
    'a restart loses nothing that was acknowledged while the broker was being closed',
    ({ publish }) => ({
      publish: (...message) => publish(...message).catch(() => ({ id: 'forgotten', duplicate: false })),
    }),
  ),
  event('lets go of entries in a restart', restart, { restart: (log) => log.trim(1) }),
  event('has a new origin after a restart', 'a restart of a new log keeps its origin', {
    restart: (log) => log.reset(),
  }),
  event('forgets keys in a restart', 'a restart frees no key', {
    restart: (log) => {
      log.keys = new IdempotencyKeys(() => log.time)
    },
  }),
  event('begins to count anew when the log is gone', gone, { createLog: counting }),
  event('gives the ids of a lost tail again', lost, { createLog: counting }),
  told('does not tell that it is down', down, ({ health }) => ({
    health: (state) => void (state === 'up' && health(state)),
  })),
  told('does not tell that it is up again', down, ({ health }) => {
    let told = false
    return {
      health: (state) => {
        if (!told || state === 'down') health(state)
        told = true
      },
    }
  }),
  mending('goes on from the head', cutOff, (self) => {
    self.position = self.log.head
  }),
  mending('goes on from the beginning', cutOff, (self) => {
    self.position = self.log.gone.at(-1)!
  }),
  mending('tells a gap where there is none', cutOff, (self) => {
    self.receiver?.discontinuity({ reason: 'trimmed', head: self.position })
  }),
  told(
    'does not tell what was let go',
    'a broker that was cut off while what it missed was let go tells the gap',
    silent,
  ),
  told(
    'does not tell that the log was replaced',
    'a broker that was cut off while its log was replaced tells the fork',
    silent,
  ),
  told(
    'does not tell that the log was replaced under it',
    'a broker whose log was replaced under it tells the fork with the next entry, if not before',
    silent,
  ),
  told(
    'does not tell that the tail was lost',
    'a broker that was cut off while its log lost the tail tells the fork',
    silent,
  ),
  told(
    'says trimmed of a fork',
    'a broker that was cut off while its log was replaced tells the fork',
    ({ discontinuity }) => ({
      discontinuity: ({ head }) => discontinuity({ reason: 'trimmed', head }),
    }),
  ),
  broker('acknowledges what it could not append', whileCutOff, ({ publish }) => ({
    publish: (...message) => publish(...message).catch(() => ({ id: 'lost', duplicate: false })),
  })),
  broker('tries again without the key', whileCutOff, ({ publish }) => ({
    publish: (channels, message, options) =>
      publish(channels, message, options).catch(() => publish(channels, message)),
  })),
  broker('waits for its line before it closes', 'close while cut off settles', ({ close, publish }) => ({
    close: async () => {
      await publish(['a'], { data: 'a last word' })
      await close()
    },
  })),
]

function silent() {
  return { discontinuity() {} }
}

/** Ids that are numbers and no more. */
function counting(): RemoteLog {
  const log = new RemoteLog()
  log.epoch = '00000000'
  log.gone = [`${log.epoch}-0-origin`]
  const reset = () => {
    Object.assign(log, { entries: [], keys: new IdempotencyKeys(() => log.time), gone: log.gone.slice(0, 1) })
  }
  return Object.assign(log, { id: (number: number) => `${log.epoch}-${number}-00000000`, reset })
}

/** A broker that does something wrong when it reaches its log again. */
function mending(flaw: string, caughtBy: string, wrong: (self: RemoteBroker) => void): Flaw {
  return broker(flaw, caughtBy, (_right, _log, self) => {
    const mend = self.mend.bind(self)
    return {
      mend: () => {
        wrong(self)
        mend()
      },
    }
  })
}
