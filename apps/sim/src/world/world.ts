import { createHash, type Hash } from 'node:crypto'
import { Program } from './program.ts'
import { Scheduler } from './scheduler.ts'

/** What was promised and did not hold. */
export class Violation extends Error {
  override readonly name = 'Violation'
}

/** One simulation: its time, its programs, and the trace of what happened. */
export class World {
  /** The true time at the beginning: 2026-01-01. */
  readonly epoch = 1_767_225_600_000
  readonly scheduler = new Scheduler()
  /** The world itself: faults, and messages on their way. */
  readonly outside: Program
  readonly faults = new Map<string, number>()
  readonly #seed: number
  readonly #hash: Hash = createHash('sha256')
  readonly #log: ((line: string) => void) | undefined
  #violation: Violation | undefined

  constructor(seed: number, log?: (line: string) => void) {
    this.#seed = seed
    this.#log = log
    this.outside = new Program(this, 'world')
  }

  get now(): number {
    return this.scheduler.now
  }

  get violation(): Violation | undefined {
    return this.#violation
  }

  /** The first violation counts; what follows may be its consequence. */
  violate(why: string): void {
    if (this.#violation) return
    this.note('violation', why)
    this.#violation = new Violation(`${(this.now / 1000).toFixed(3)} s: ${why}`)
  }

  /** A seed for each name, so that what one program draws does not change what another one draws. */
  seedOf(name: string): number {
    let hash = this.#seed ^ 0x811c9dc5
    for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193)
    return hash >>> 0
  }

  /** A line of the trace. Two runs of a seed have the same lines. */
  note(who: string, what: string): void {
    const line = `${this.now.toFixed(3)} ${who}: ${what}`
    this.#hash.update(line)
    this.#log?.(line)
  }

  /** What a server or a tab sends, for people who read the trace. It is not part of the digest. */
  wire(who: string, bytes: Uint8Array | object): void {
    if (!this.#log) return
    const text = (bytes instanceof Uint8Array ? Buffer.from(bytes).toString() : JSON.stringify(bytes))
      .replaceAll('\n', '⏎')
      .replaceAll('⏎⏎', '\n    ')
    this.#log(`${this.now.toFixed(3)} wire ${who}:\n    ${text}`)
  }

  fault(kind: string, what = ''): void {
    this.faults.set(kind, (this.faults.get(kind) ?? 0) + 1)
    this.note('fault', `${kind} ${what}`)
  }

  /** Of the trace up to now. */
  digest(): string {
    return this.#hash.copy().digest('hex').slice(0, 16)
  }

  async runFor(milliseconds: number): Promise<void> {
    await this.scheduler.runUntil(this.now + milliseconds, () => {
      if (this.#violation) throw this.#violation
    })
  }
}
