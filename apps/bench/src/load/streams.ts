import { connect, type Socket } from 'node:net'
import { atDigits } from '../event.ts'
import type { Handshake } from './protocol.ts'
import { digits, Scanner } from './scanner.ts'
import type { Tally } from './tally.ts'

/**
 * One buffer that all sockets are read into, in turn: each read is dealt with before the next. Without it Node would make a buffer and run a
 * stream for every read, and the load would be slower than the servers.
 */
const shared = Buffer.allocUnsafeSlow(256 * 1024)
/** Connects in flight at a time. */
const concurrency = 256
/** Milliseconds of silence after which a stream that does not open is given up. */
const patience = 5_000

/** The sockets of the load. */
export class Streams {
  readonly #tally: Tally
  readonly #sockets: Socket[] = []
  readonly #scanners: Scanner[] = []
  /** When the part that is being scanned came, in milliseconds; taken once a part, and only when asked for. */
  #arrived = 0
  #delays: number[] = []
  #bytes = 0
  /** Whether the delay of every event is noted. */
  noteDelays = false
  /** Told when all that was expected has come. */
  onComplete: () => void = () => {}

  constructor(tally: Tally) {
    this.#tally = tally
  }

  /** Those that read. */
  get count(): number {
    return this.#scanners.length
  }

  /** Opens so many more; resolves when all are open. @throws Error when one is refused or ended before */
  async open(port: number, count: number, hello: Handshake): Promise<void> {
    let left = count
    await Promise.all(
      Array.from({ length: Math.min(concurrency, count) }, async () => {
        while (left-- > 0) await this.#read(port, hello)
      }),
    )
  }

  /** Opens so many that never read again once they are open; they are not counted. */
  async stall(port: number, count: number, hello: Handshake): Promise<void> {
    const ignore = () => {}
    for (let made = 0; made < count; made++) (await this.#openOne(port, hello, ignore)).pause()
  }

  /** From now on the events are so many bytes long. */
  expect(bytes: number): void {
    this.#bytes = bytes
    for (const scanner of this.#scanners) scanner.expect(bytes)
  }

  /** The delays noted since they were taken last, in microseconds. */
  takeDelays(): number[] {
    const delays = this.#delays
    this.#delays = []
    return delays
  }

  /** Leaves without waiting for anything. */
  close(): void {
    for (const socket of this.#sockets) socket.removeAllListeners('close').resetAndDestroy()
    this.#sockets.length = 0
    this.#scanners.length = 0
  }

  async #read(port: number, hello: Handshake): Promise<void> {
    const index = this.#scanners.length
    const scanner = new Scanner()
    scanner.expect(this.#bytes)
    this.#scanners.push(scanner)
    const onEvent = (seq: number, bytes: Buffer, at: number) => this.#onEvent(index, seq, bytes, at)
    await this.#openOne(port, hello, (part) => scanner.scan(part, onEvent))
  }

  #openOne(port: number, { request, steps }: Handshake, onPart: (part: Buffer) => void): Promise<Socket> {
    return new Promise((resolve, reject) => {
      let step = 0
      let early = ''
      const greet = (part: Buffer) => {
        early += part.toString('latin1')
        const [{ text: status } = { text: '' }] = steps
        if (early.length >= status.length && !early.startsWith(status)) return void socket.destroy()
        for (let next = steps[step]; next && early.includes(next.text); next = steps[++step]) {
          if (next.say) socket.write(next.say)
        }
        if (step < steps.length) return
        socket.setTimeout(0)
        resolve(socket)
        // The first events may have come with the head.
        onPart(Buffer.from(early, 'latin1'))
        early = ''
      }
      const socket = connect({
        port,
        host: '127.0.0.1',
        noDelay: true,
        onread: {
          buffer: shared,
          callback: (length) => {
            const part = shared.subarray(0, length)
            if (this.noteDelays) this.#arrived = performance.now()
            if (step < steps.length) greet(part)
            else onPart(part)
            return true
          },
        },
      })
      socket.setTimeout(patience, () => socket.destroy())
      socket.on('error', () => {})
      socket.on('close', () => {
        if (step >= steps.length) this.#tally.faults.closed++
        else reject(new Error(`A stream was refused: ${early.slice(0, 60) || 'no answer'}`))
      })
      socket.write(request)
      this.#sockets.push(socket)
    })
  }

  #onEvent(stream: number, seq: number, bytes: Buffer, at: number): void {
    this.#tally.count(stream, seq)
    if (this.noteDelays && at >= 0) {
      this.#delays.push(this.#arrived * 1_000 - digits(bytes, at, atDigits))
    }
    if (this.#tally.remaining === 0) this.onComplete()
  }
}
