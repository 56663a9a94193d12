import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createHub, createMemoryBroker, type Hub, type HubOptions, type SseStream, sse } from '@sse/express'
import { openStream } from '@sse/express/testing'
import { createRedisBroker } from '@sse/redis'
import { createSqliteBroker } from '@sse/sqlite'
import express from 'express'
import { createClient } from 'redis'
import * as v from 'valibot'
import type { EndCase, ErrorCase } from './cases.ts'

type Code = (...given: unknown[]) => Promise<unknown>
const AsyncFunction = (async () => {}).constructor as new (...parts: string[]) => Code

/** Programs that make the wrong calls. */
export class Program implements AsyncDisposable {
  /** What `onError` was told. */
  readonly told: unknown[] = []
  readonly #folder = mkdtempSync(join(tmpdir(), 'sse-errors-'))
  readonly #ends: (() => unknown)[] = []
  readonly #hubs: Hub[] = []

  /** Runs the code of a case. @returns what it throws; `undefined` when it throws nothing */
  async error(code: string, { where, options }: Pick<ErrorCase, 'where' | 'options'>): Promise<unknown> {
    const given = await this.#given(code)
    const outcome = Promise.withResolvers<unknown>()
    const attempt = (more: object) =>
      void run(code, { ...given, ...more }).then(() => outcome.resolve(undefined), outcome.resolve)
    if (where !== 'route') attempt({})
    else await this.#request((res) => attempt({ res }), options, given['hub'] as Hub)
    return outcome.promise
  }

  /** Lets a stream end as a case says. @returns the reason of its signal */
  async end({ route, after, options, accept }: EndCase): Promise<unknown> {
    const given = await this.#given(route)
    const ended = Promise.withResolvers<unknown>()
    const handle = (res: { sse: SseStream }) => {
      const { signal } = res.sse
      signal.addEventListener('abort', () => ended.resolve(signal.reason))
      const stop = run(route.replace('setInterval', 'return setInterval'), { ...given, res })
      this.#ends.push(async () => clearInterval((await stop) as NodeJS.Timeout))
    }
    const { client } = await this.#request(handle, options, given['hub'] as Hub, accept)
    if (after) await run(after, { ...given, client: await client })
    return ended.promise
  }

  /** A message without what differs from run to run. */
  readable(message: string): string {
    return message.replaceAll(`${this.#folder}/`, '')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.#ends.reverse()) await end()
    for (const hub of this.#hubs) await hub.close().catch(() => {})
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** What the code of a case can use. */
  async #given(code: string): Promise<Record<string, unknown>> {
    const inFolder = (path: string) => join(this.#folder, path)
    const newHub = (options: HubOptions = {}) => {
      // A copy of a broker would hide the mistake.
      const isPlain = Object.getPrototypeOf(options) === Object.prototype
      const told = (error: unknown) => this.told.push(error)
      const hub = createHub(isPlain ? { onError: told, ...options } : options)
      this.#hubs.push(hub)
      return hub
    }
    const sqlite: typeof createSqliteBroker = (database, options) =>
      createSqliteBroker(typeof database === 'string' ? inFolder(database) : database, options)
    writeFileSync(inFolder('photo.png'), 'not a database '.repeat(1_000))
    const hub = newHub()
    await hub.ready
    return {
      ...{
        createHub: newHub,
        createMemoryBroker,
        createSqliteBroker: sqlite,
        createRedisBroker,
        createClient,
      },
      ...{ sse, hub, schema: v.string(), load: async () => ({ title: 'Hi' }), published: undefined },
      ...(/\b(?:broker|log|database|other)\b/.test(code) ? await this.#log(inFolder('log.db'), newHub) : {}),
    }
  }

  /** A log in a database of the app, and another connection to its file. */
  async #log(path: string, newHub: (options: HubOptions) => Hub): Promise<Record<string, unknown>> {
    const [database, other] = [new DatabaseSync(path), new DatabaseSync(path)]
    for (const each of [database, other]) this.#ends.push(() => each.isOpen && each.close())
    const broker = createSqliteBroker(database)
    const log = newHub({ broker })
    await log.ready
    // Closed before its database: the last that was begun ends first.
    this.#ends.push(() => log.close().catch(() => {}))
    return { database, other, broker, log }
  }

  async #request(
    handle: (res: { sse: SseStream }) => void,
    options: string | null | undefined,
    hub: Hub,
    accept = 'text/event-stream',
  ) {
    const own = options ? ((await run(`return ${options}`, {})) as object) : {}
    const app = express().use(options === null ? sse() : sse({ hub, ...own }))
    app.get('/events', (_req, res) => handle(res))
    const server = createServer(app).listen(0, '127.0.0.1')
    await once(server, 'listening')
    this.#ends.push(() => {
      server.close()
      server.closeAllConnections()
    })
    const { port } = server.address() as AddressInfo
    const client = openStream(`http://127.0.0.1:${port}`, '/events', {
      headers: { Accept: accept },
    })
    // A route that fails before its stream opens never answers: the client is waited for only where it is used.
    client.then(
      (opened) => this.#ends.push(() => opened.close()),
      () => {},
    )
    return { client }
  }
}

/** Runs code as the body of an asynchronous function that has what is given. */
function run(code: string, given: Readonly<Record<string, unknown>>): Promise<unknown> {
  return new AsyncFunction(...Object.keys(given), `{\n${code}\n}`)(...Object.values(given))
}
