import type { Socket } from 'node:net'
import type { Request, Response } from 'express'
import { Unwritable } from './errors.ts'
import { RawClient, type RawListener } from './raw-client.ts'

/** A request and its response, seen from both ends of the connection. */
export class Exchange {
  readonly #client: RawClient
  #response: Response | undefined
  /** The server's end. */
  #socket: Socket | undefined
  #hasLeft = false
  #isPaused = false
  #isOver = false

  constructor(port: number, request: readonly string[], body: string, listener: RawListener) {
    this.#client = new RawClient(port, request, body, listener)
  }

  /** The server has the request. */
  arrive(request: Request, response: Response): void {
    this.#socket = request.socket
    this.#response = response
    response.on('close', () => {
      this.#isOver = true
    })
  }

  get hasArrived(): boolean {
    return this.#socket !== undefined
  }

  get hasLeft(): boolean {
    return this.#hasLeft
  }

  /** Whether the server knows that the response is over. */
  get isOver(): boolean {
    return this.#isOver
  }

  get isPaused(): boolean {
    return this.#isPaused
  }

  /** Bytes that the server has written: what it writes later has a higher offset. */
  get written(): number {
    return this.#socket?.bytesWritten ?? 0
  }

  /** Bytes that wait in the server for the client to take them. */
  get pending(): number {
    return this.#socket && !this.#socket.destroyed ? this.#socket.writableLength : 0
  }

  /** Whether so much waits that nothing more is written. */
  get isFull(): boolean {
    return this.pending >= (this.#socket?.writableHighWaterMark ?? Number.POSITIVE_INFINITY)
  }

  /** Bytes that the client has read. */
  get received(): number {
    return this.#client.received
  }

  /** Whether something is on its way from one end to the other. */
  get isInFlight(): boolean {
    if (this.#hasLeft || this.#client.over) return this.hasArrived && !this.#isOver
    if (!this.#socket) return true
    if (this.#isPaused) return false
    return this.#socket.destroyed ? !this.#client.closed : this.received !== this.written
  }

  /** The client reads no more. The kernel would take megabytes before the server notices: so the server's socket takes nothing either. */
  stall(): void {
    if (this.#isPaused) return
    this.#isPaused = true
    this.#client.pause()
    this.#socket?.cork()
  }

  /** The client reads on. */
  drain(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.#socket?.uncork()
    this.#client.resume()
  }

  /** From now on nothing can be written to the connection. */
  break(): void {
    if (!this.#socket) return
    this.#socket.write = () => {
      throw new Unwritable()
    }
  }

  /** The app ends the response after an error. */
  fail(): void {
    this.#response?.destroy()
  }

  leave(inOrder: boolean): void {
    if (this.#hasLeft || this.#client.over) return
    this.#hasLeft = true
    this.#client.leave(inOrder)
  }
}
