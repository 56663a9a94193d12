import type { Express } from 'express'
import { pino } from 'pino'
import supertest from 'supertest'
import { vi } from 'vitest'
import { createApp } from '../server/app.ts'
import { openDatabase } from '../server/database.ts'
import { createNotificationLog, type NotificationHub } from '../server/hub.ts'

export interface TestApp {
  readonly app: Express
  readonly hub: NotificationHub
  /** Everything published so far, in order. */
  readonly published: { channels: string | readonly string[]; event: string | undefined; data: unknown }[]
  /** A client with cookies of its own, signed in as this user. */
  as(user: string): Promise<ReturnType<typeof supertest.agent>>
}

/** The real app on a real hub, whose log is in a database in memory with everything else. */
export async function startApp(options: { maxEventBytes?: number } = {}): Promise<TestApp> {
  const database = openDatabase(':memory:')
  const { hub, broker } = createNotificationLog(database, { ...options, onError: () => {} })
  await hub.ready
  const publish = vi.spyOn(hub, 'publish')
  const app = createApp({ database, hub, broker, logger: pino({ level: 'silent' }) })
  return {
    app,
    hub,
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
  }
}
