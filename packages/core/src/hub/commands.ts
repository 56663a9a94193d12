import { SseError } from '../errors.ts'
import type { ChannelsChange } from '../stream/sse-stream.ts'
import { hubOf, randomName } from '../stream/stream-id.ts'
import { type ChangeOutcome, type Command, parseCommand } from './command.ts'
import type { StreamRegistry } from './streams.ts'

/** Questions a second to other processes: each is an entry in the log, and who makes up ids must not fill it. */
const questionsPerSecond = 50

/** Milliseconds that the process that holds a stream has for its answer; after that it is gone, and the stream with it. */
const patience = 2_000

export interface CommandsOptions {
  /** This hub's name in the ids of its streams. */
  readonly hub: string
  readonly streams: StreamRegistry
  /** Puts a command into the log, by which it reaches every process, this one included. */
  readonly send: (command: Command) => Promise<void>
  readonly report: (error: unknown) => void
}

/** What the processes of a log ask of each other: to end the streams of a key, to change the channels of a stream. */
export class Commands {
  readonly #options: CommandsOptions
  readonly #waiting = new Map<string, (outcome: ChangeOutcome) => void>()
  /** The questions of this second. */
  #asked = { second: 0, questions: 0 }

  constructor(options: CommandsOptions) {
    this.#options = options
  }

  disconnect(key: string, reconnect: false | number | undefined): Promise<void> {
    return this.#options.send({ type: 'disconnect', key, reconnect: reconnect ?? null })
  }

  /** @throws {SseError} `too-many-channels`, `busy` */
  async change(
    stream: string,
    key: string | undefined,
    change: ChannelsChange,
  ): Promise<readonly string[] | undefined> {
    const holder = hubOf(stream)
    if (holder === undefined) return undefined
    const outcome =
      holder === this.#options.hub ? this.#apply(stream, key, change) : await this.#ask(stream, key, change)
    if ('channels' in outcome) return outcome.channels
    if (outcome.problem === 'unknown') return undefined
    throw new SseError(outcome.problem, outcome.message, { value: change.subscribe })
  }

  /** A command has arrived. */
  received(data: string): void {
    const command = parseCommand(data)
    if (command?.type === 'disconnect') {
      for (const stream of this.#options.streams.withKey(command.key)) {
        stream.closeFor('disconnected', command.reconnect ?? undefined)
      }
    } else if (command?.type === 'change') {
      if (hubOf(command.stream) === this.#options.hub) this.#answer(command)
    } else if (command?.type === 'changed') this.#waiting.get(command.request)?.(command.outcome)
  }

  async #ask(stream: string, key: string | undefined, change: ChannelsChange): Promise<ChangeOutcome> {
    this.#countQuestion()
    const request = randomName()
    const { promise, resolve } = Promise.withResolvers<ChangeOutcome>()
    const timer = setTimeout(() => resolve({ problem: 'unknown' }), patience)
    this.#waiting.set(request, resolve)
    try {
      await this.#options.send({ type: 'change', request, stream, key: key ?? null, ...change })
      return await promise
    } finally {
      clearTimeout(timer)
      this.#waiting.delete(request)
    }
  }

  #countQuestion(): void {
    const second = Math.floor(performance.now() / 1_000)
    if (second !== this.#asked.second) this.#asked = { second, questions: 0 }
    if (this.#asked.questions++ < questionsPerSecond) return
    const message = `Streams of other processes are changed ${questionsPerSecond} times a second at most: try again in a second.`
    throw new SseError('busy', message)
  }

  #answer(command: Extract<Command, { type: 'change' }>): void {
    const { request, stream, key, subscribe, unsubscribe, refused } = command
    const outcome = this.#apply(stream, key ?? undefined, { subscribe, unsubscribe, refused })
    this.#options.send({ type: 'changed', request, outcome }).catch(this.#options.report)
  }

  #apply(id: string, key: string | undefined, change: ChannelsChange): ChangeOutcome {
    const stream = this.#options.streams.get(id)
    // Whose stream it is is nobody else's business, nor whether there is one.
    if (!stream || stream.key !== key) return { problem: 'unknown' }
    try {
      stream.change(change)
      return { channels: [...stream.channels] }
    } catch (error) {
      if (!(error instanceof SseError)) throw error
      return { problem: 'too-many-channels', message: error.message }
    }
  }
}
