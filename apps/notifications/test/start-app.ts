import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { DatabaseSync } from 'node:sqlite'
import type { Express } from 'express'
import { pino } from 'pino'
import supertest from 'supertest'
import { onTestFinished, vi } from 'vitest'
import { type AppOptions, createApp } from '../server/app.ts'
import { openDatabase } from '../server/database/database.ts'
import type { NotificationHub } from '../server/publishing/hub.ts'
import { createNotificationLog } from '../server/publishing/notification-log.ts'

export interface TestApp {
  readonly app: Express
  readonly hub: NotificationHub
  readonly database: DatabaseSync
  /** Everything published so far, in order. */
  readonly published: { channels: string | readonly string[]; event: string | undefined; data: unknown }[]
  /** A client with cookies of its own, signed in as this user. */
  as(user: string): Promise<ReturnType<typeof supertest.agent>>
  /** Listens on a port until the test is over; gives the origin. */
  listen(): Promise<string>
}

export interface TestAppOptions
  extends Partial<Pick<AppOptions, 'logger' | 'page' | 'metricsToken' | 'writesPerMinute' | 'proxies'>> {
  readonly maxEventBytes?: number
  /** Of the hub. Default: tells nobody. */
  readonly onError?: (error: unknown) => void
}

/** The real app on a real hub, whose log is in a database in memory with everything else. */
export async function startApp(options: TestAppOptions = {}): Promise<TestApp> {
  const { maxEventBytes, onError = () => {}, ...appOptions } = options
  const database = openDatabase(':memory:')
  const log = createNotificationLog(database, { ...(maxEventBytes && { maxEventBytes }), onError })
  const { hub } = log
  await hub.ready
  const publish = vi.spyOn(hub, 'publish')
  const app = createApp({ logger: pino({ level: 'silent' }), ...appOptions, ...log })
  return {
    app,
    hub,
    database,
    get published() {
      return publish.mock.calls.map(([channels, data, options]) => ({
        channels,
        event: options?.event,
        data,
      }))
    },
    async as(user) {
      const agent = supertest.agent(app)
      await agent.post('/api/session').send({ user }).expect(200)
      return agent
    },
    async listen() {
      const server = app.listen(0, '127.0.0.1')
      await once(server, 'listening')
      onTestFinished(async () => {
        await hub.close()
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      })
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    },
  }
}
