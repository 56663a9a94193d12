import type { Request, Response } from 'express'
import type { Client } from './client.ts'
import { Boom } from './errors.ts'
import { Exchange, type ExchangeListener } from './exchange.ts'
import type { Server } from './server.ts'
import type { World } from './world.ts'

/** A wish for other channels. */
export interface Wish {
  /** Whose stream it is about; `undefined` for an id that is made up. */
  readonly target: Client | undefined
  readonly stream: string
  /** The server that its id names; `undefined` for an id that is made up altogether. */
  readonly holder: Server | undefined
  readonly key: string | undefined
  readonly subscribe: readonly string[]
  readonly unsubscribe: readonly string[]
  readonly verdicts: 'now' | 'held'
}

/** A client that posts a change of channels. */
export class Poster implements ExchangeListener {
  readonly wish: Wish
  readonly server: Server
  status: number | undefined
  end: 'complete' | 'broken' | undefined
  /** Whether the app threw when it was asked. */
  threw = false
  /** When it was posted, or a verdict about it came; no one waits longer for each other process than it may take. */
  since = performance.now()
  /** Whether its server, or that of the stream, was away meanwhile. */
  sawOutage = false
  /** Whether the same client had used up what it may cause in this second. */
  readonly spent: boolean
  readonly #world: World
  readonly #exchange: Exchange

  constructor(world: World, server: Server, port: number, number: number, wish: Wish) {
    this.#world = world
    this.server = server
    this.wish = wish
    this.spent = world.spends(wish.key)
    if (wish.target) wish.target.hasChanged = true
    const { stream, subscribe, unsubscribe, key } = wish
    const body = JSON.stringify({ stream, subscribe, unsubscribe })
    const request = [
      'POST /events HTTP/1.1',
      'Host: localhost',
      `x-number: ${number}`,
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      ...(key === undefined ? [] : [`x-key: ${key}`]),
    ]
    this.#exchange = new Exchange(port, request, body, this)
    this.check()
  }

  get exchange(): Exchange {
    return this.#exchange
  }

  arrive(_server: Server, request: Request, response: Response): void {
    this.#exchange.arrive(request, response)
  }

  async judge(channel: string): Promise<boolean> {
    const { verdicts, target } = this.wish
    const verdict = await this.#world.holds.verdict(verdicts, channel, this)
    this.since = performance.now()
    if (verdict === 'throws') {
      this.threw = true
      throw new Boom()
    }
    if (verdict) target?.allowed.add(channel)
    return verdict
  }

  check(): void {
    const { holder } = this.wish
    if (this.status === undefined && (isGone(this.server) || (holder && isGone(holder))))
      this.sawOutage = true
  }

  leave(inOrder: boolean): void {
    this.#exchange.leave(inOrder)
  }

  head(status: number): void {
    this.status = status
  }

  body(): void {}

  over(how: 'complete' | 'broken'): void {
    this.end = how
  }

  toString(): string {
    const { target, holder: _, ...wish } = this.wish
    const of = target ? this.#world.requests.indexOf(target) : 'nobody'
    return `post ${JSON.stringify(wish)} for ${of}: ${this.status}`
  }
}

function isGone(server: Server): boolean {
  return server.isAway || server.state !== 'running'
}
