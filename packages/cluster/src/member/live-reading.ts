import type { Entry, Receiver } from '@sse/core'
import type { ReconnectingConnection } from '@sse/core/internal'
import type { News, TailLimits } from '../wire/messages.ts'
import { isAnswer, type MemberLink, replaced } from './member-link.ts'

/** Delivers the tail of the log and then every new entry to a receiver. It keeps the position, so it continues with any leader. */
export class LiveReading {
  readonly #link: ReconnectingConnection<MemberLink>
  readonly #receiver: Receiver
  #position = ''
  #health: 'up' | 'down' | undefined
  #told: 'up' | 'down' | undefined
  #isClosed = false
  readonly #stop: () => void

  constructor(link: ReconnectingConnection<MemberLink>, receiver: Receiver) {
    this.#link = link
    this.#receiver = receiver
    this.#stop = link.listen((state, error) => {
      // A new link is up once it has shown what was missed.
      if (state === 'down' && this.#health) this.#tellHealth('down', error)
    })
  }

  /** Reads the tail. @throws (rejected) why the leader cannot be reached, or its log not be read */
  async start(limits: TailLimits): Promise<{ head: string; tail: readonly Entry[] }> {
    for (;;) {
      const link = await this.#link.connected()
      try {
        const { head, base } = await link.start(limits)
        const tail = await this.#readTail(link, base, head)
        if (!tail) continue
        this.#position = tail.at(-1)?.id ?? head
        this.#tellHealth(this.#health ?? 'up')
        return { head: this.#position, tail }
      } catch (error) {
        if (isAnswer(error)) throw error
        await replaced(link)
      }
    }
  }

  run(): void {
    void this.#run()
  }

  close(): void {
    this.#isClosed = true
    this.#stop()
  }

  /** @returns `undefined` if the log lost entries meanwhile */
  async #readTail(link: MemberLink, base: string, head: string): Promise<readonly Entry[] | undefined> {
    const tail: Entry[] = []
    for (let isRead = base === head; !isRead; ) {
      const { batch, gap, health } = await link.next(tail.at(-1)?.id ?? base)
      if (gap) return undefined
      this.#health = health
      for (const entry of batch?.entries ?? []) {
        tail.push(entry)
        if (entry.id === head) isRead = true
      }
    }
    return tail
  }

  async #run(): Promise<void> {
    while (!this.#isClosed) {
      let link: MemberLink | undefined
      try {
        link = await this.#link.connected()
        const news = await link.next(this.#position)
        if (!this.#isClosed) this.#deliver(news)
      } catch {
        // Either the link is lost, or the leader could not read its log.
        if (link && !this.#isClosed) await replaced(link)
      }
    }
  }

  #deliver({ batch, gap, health, signals }: News): void {
    const receiver = this.#receiver
    if (gap) {
      this.#position = gap.head
      receiver.discontinuity(gap)
    }
    if (batch) {
      this.#position = batch.entries.at(-1)?.id ?? this.#position
      receiver.entries(batch.entries)
    }
    for (const text of signals) receiver.signal(text)
    this.#tellHealth(health)
  }

  #tellHealth(health: 'up' | 'down', cause?: unknown): void {
    if (this.#health === health && this.#told === health) return
    this.#health = health
    this.#told = health
    this.#receiver.health(health, cause)
  }
}
