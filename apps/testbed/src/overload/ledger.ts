import { RawStream } from '../raw-stream.ts'

/**
 * Compares what one stream promised with what arrived. Its events are numbered from 1 by the first eight characters of their data. Only the
 * heads of the events are read, so that seven readers in one process keep up with a server.
 */
export class Ledger {
  /** The number of the last event. */
  last = 0
  received = 0
  gaps = 0
  /** Events that came twice, out of order, or not in full, or that are missing without a gap. */
  readonly faults: string[] = []
  readonly #stream: RawStream
  readonly #size: number
  readonly #ids = new Set<string>()
  #gapTold = false

  /** @param size bytes of the data of each event */
  private constructor(stream: RawStream, size: number) {
    this.#stream = stream
    this.#size = size
  }

  /** Opens a stream and does not read it. */
  static async open(port: number, size: number): Promise<Ledger> {
    return new Ledger(await RawStream.open(`http://127.0.0.1:${port}/events`), size)
  }

  read(): this {
    this.#stream.read((block) => this.#enter(block))
    return this
  }

  /** Resolves when the event with this number has arrived. @throws (rejected) when the stream ends before */
  async reached(number: number): Promise<void> {
    while (this.last < number) await this.#stream.more
  }

  leave(): void {
    this.#stream.close()
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
      this.faults.push(`no gap was told between ${this.last} and ${number}`)
    if (block.length !== block.lastIndexOf(' ') + 1 + this.#size) this.faults.push(`${number} not in full`)
    this.#ids.add(id)
    this.#gapTold = false
    this.last = number
    this.received++
  }
}
