import type { Entry, Receiver } from '@sse/core'
import { PageReads, SignalQueue } from '@sse/core/internal'
import { driverOf } from './connection/driver.ts'
import { Notifications } from './connection/notifications.ts'
import { Log } from './log/log.ts'
import type { Settings } from './options.ts'
import type { PostgresStats } from './postgres-broker.ts'
import { OldRecords } from './publishing/old-records.ts'
import { Sequencer } from './publishing/sequencer.ts'
import { Trim } from './publishing/trim.ts'
import { Writer } from './publishing/writer.ts'
import { LiveReading } from './reading/live-reading.ts'
import { readPage } from './reading/read-page.ts'

/** What exists while the log is open. */
export interface OpenLog {
  readonly started: { readonly head: string; readonly tail: readonly Entry[] }
  readonly log: Log
  readonly writer: Writer
  readonly sequencer: Sequencer
  readonly pages: PageReads
  readonly signals: SignalQueue
  stats(): Promise<PostgresStats>
  /** Begins to deliver. */
  run(): void
  close(): Promise<void>
}

/** Makes the tables if needed, and reads the tail. @throws (rejected) {SseError} and leaves nothing behind */
export async function openLog(settings: Settings, receiver: Receiver): Promise<OpenLog> {
  const { pool, listen, schema, migrate, timeout, records } = settings
  const driver = driverOf(pool, timeout)
  const listening = listen === false ? undefined : listen === pool ? driver : driverOf(listen, timeout)
  const closeDrivers = () => {
    driver.close()
    if (listening !== driver) listening?.close()
  }
  const log = new Log(driver, schema, timeout, records)
  const live = new LiveReading({ log, settings, receiver })
  try {
    if (migrate) await log.migrate()
    await log.check()
    const started = await live.start()
    const running = runLog(log, live, settings)
    let notifications: Notifications | undefined
    return {
      ...{ started, log, ...running },
      stats: async () => ({ ...(await log.unsequenced()), listening: live.isNotified }),
      run: () => {
        notifications = new Notifications({
          log,
          driver: listening,
          onNews: (payload) => live.wake(payload === signalsPayload ? 'signals' : 'entries'),
          onChange: (arriving) => live.setNotified(arriving),
        })
        running.sequencer.sequence().catch(() => {})
        live.run(() => running.sequencer.sequence())
      },
      close: async () => {
        await running.close(live.isUp)
        await Promise.all([live.close(), notifications?.close()])
        await log.settled()
        closeDrivers()
      },
    }
  } catch (error) {
    closeDrivers()
    throw error
  }
}

const entriesPayload = 'entries'
const signalsPayload = 'signals'

/** What writes to the log, and reads its older entries. */
function runLog(
  log: Log,
  live: LiveReading,
  settings: Settings,
): Pick<OpenLog, 'writer' | 'sequencer' | 'pages' | 'signals'> & { close(isUp: boolean): Promise<void> } {
  // If it is lost, the other processes see the news with their next regular look at the log.
  const notify = (payload: string) => void log.notify(payload).catch(() => {})
  const trim = new Trim(log, settings.keep)
  const sequencer = new Sequencer({
    log,
    onAppended: () => {
      live.wake('entries')
      notify(entriesPayload)
      trim.appended()
    },
  })
  const writer = new Writer({
    log,
    timeout: settings.timeout,
    recordBytes: settings.records.bytes,
    position: () => live.cursor.position,
    onAppended: (newest) => {
      live.acknowledged(newest)
      notify(entriesPayload)
      trim.appended()
    },
    onFailed: () => live.wake('anything'),
  })
  const oldRecords = new OldRecords(log, settings.records, () => {
    live.wake('entries')
    notify(entriesPayload)
  })
  const pages = new PageReads((after, limit) => readPage(log, after, limit))
  const signals = new SignalQueue({
    isUp: () => live.isUp,
    send: async (texts) => {
      await log.signal(texts)
      live.wake('signals')
      notify(signalsPayload)
    },
  })
  const close = async (isUp: boolean) => {
    pages.close()
    await Promise.all([
      signals.close(),
      writer.close(isUp),
      sequencer.close(),
      trim.close(),
      oldRecords.close(),
    ])
  }
  return { writer, sequencer, pages, signals, close }
}
