import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'

/**
 * What one stream promised against what arrived on it. Its events are numbered from 1 by the first eight characters of their data; only
 * their heads are looked at, so that seven readers in one process keep up with a server.
 */
export class Ledger {
  /** The number of the last event that arrived. */
  last = 0
  /** Events that arrived. */
  received = 0
  /** Gaps that were told. */
  gaps = 0
  /** What must not be: an event twice, out of order, missing without a gap before it, or not in full. */
  readonly faults: string[] = []
  readonly #response: IncomingMessage
  readonly #size: number
  readonly #ids = new Set<string>()
  readonly #waiting: { readonly number: number; readonly resolve: () => void; readonly reject: Reject }[] = []
  #rest: Buffer = Buffer.alloc(0)
  #gapTold = false
  #ended: Error | undefined

  /** @param size bytes of the data of each event */
  constructor(response: IncomingMessage, size: number) {
    this.#response = response
    this.#size = size
  }

  /** Opens a stream of which nothing is read but the head of the response. */
  static async open(port: number, size: number): Promise<Ledger> {
    const [response] = await once(get({ host: '127.0.0.1', port, path: '/events', agent: false }), 'response')
    return new Ledger(response, size)
  }

  /** Begins to read. Until then nothing is taken off the connection beyond the first buffers. */
  read(): this {
    this.#response.on('data', (chunk: Buffer) => this.#take(chunk))
    this.#response.on('error', (error) => this.#end(error))
    this.#response.on('end', () => this.#end(new Error('The stream has ended.')))
    return this
  }

  /** Resolves when the event with this number has arrived. @throws when the stream ends before */
  reached(number: number): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.last >= number) resolve()
      else if (this.#ended) reject(this.#ended)
      else this.#waiting.push({ number, resolve, reject })
    })
  }

  leave(): void {
    this.#response.destroy()
  }

  #take(chunk: Buffer): void {
    const bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk
    let from = 0
    for (let end = bytes.indexOf('\n\n'); end !== -1; end = bytes.indexOf('\n\n', from)) {
      this.#enter(bytes.subarray(from, end))
      from = end + 2
    }
    this.#rest = bytes.subarray(from)
    while (this.#waiting[0] && this.#waiting[0].number <= this.last) this.#waiting.shift()?.resolve()
  }

  #enter(block: Buffer): void {
    const head = block.toString('latin1', 0, 256)
    if (head.includes('event: sse.gap')) {
      this.gaps++
      this.#gapTold = true
    }
    const [, id, digits] = /^id: (.+)\ndata: (\d{8})/m.exec(head) ?? []
    if (id === undefined || digits === undefined) return
    const number = Number(digits)
    if (this.#ids.has(id)) this.faults.push(`${id} twice`)
    if (number <= this.last) this.faults.push(`${number} after ${this.last}`)
    if (number > this.last + 1 && !this.#gapTold)
      this.faults.push(`nothing told between ${this.last} and ${number}`)
    if (block.length !== block.lastIndexOf(' ') + 1 + this.#size) this.faults.push(`${number} not in full`)
    this.#ids.add(id)
    this.#gapTold = false
    this.last = number
    this.received++
  }

  #end(error: Error): void {
    this.#ended = error
    for (const { reject } of this.#waiting.splice(0)) reject(error)
  }
}

type Reject = (error: Error) => void
