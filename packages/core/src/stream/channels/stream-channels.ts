import { SseError } from '../../errors.ts'
import { channelsFrame } from '../../wire/control.ts'
import type { Frame } from '../../wire/frame.ts'
import type { ChannelsChange } from '../sse-stream.ts'
import type { AuthorizedChannels } from './asked-channels.ts'

/** The channels of one stream: those that the app subscribed it to, and those that its client asked for. */
export class StreamChannels {
  readonly names = new Set<string>()
  /** For a shared stream: the channels that only its client asked for. */
  readonly labels: Set<string> | undefined
  readonly #max: number
  /** Channels that the client asked for and did not get, until it is told. */
  #refused: readonly string[] | undefined

  /** @param options `max`: channels that the stream may be on; `shared`: whether several tabs share it */
  constructor({ max, shared }: { readonly max: number; readonly shared: boolean }) {
    this.#max = max
    this.labels = shared ? new Set() : undefined
  }

  /** @returns those that are new. @throws {SseError} `too-many-channels` */
  add(names: readonly string[]): readonly string[] {
    this.#checkRoomFor(names)
    const added = names.filter((name) => !this.names.has(name))
    for (const name of names) {
      this.labels?.delete(name)
      this.names.add(name)
    }
    return added
  }

  remove(names: readonly string[]): void {
    for (const name of names) {
      this.names.delete(name)
      this.labels?.delete(name)
    }
  }

  /**
   * Adds the channels that the client asked for when it connected, as many as there is room for.
   *
   * @returns those that are new
   */
  grant({ granted, refused }: AuthorizedChannels): readonly string[] {
    const added: string[] = []
    const excess: string[] = []
    for (const name of granted) {
      if (this.names.has(name)) continue
      if (this.names.size >= this.#max) excess.push(name)
      else {
        added.push(name)
        this.labels?.add(name)
        this.names.add(name)
      }
    }
    this.#refused = [...(this.#refused ?? []), ...refused, ...excess]
    return added
  }

  /**
   * Which channels a change removes. A tab cannot remove the other tabs from the app's own channels. If a shared stream has no room for
   * everything that one tab asks for, it is refused the rest: the other tabs keep their stream.
   *
   * @throws {SseError} `too-many-channels`
   */
  removedBy({
    subscribe,
    unsubscribe,
  }: Pick<ChannelsChange, 'subscribe' | 'unsubscribe'>): readonly string[] {
    const { labels } = this
    const removed = unsubscribe.filter((name) => !subscribe.includes(name) && (labels?.has(name) ?? true))
    if (!labels) this.#checkRoomFor(subscribe, removed)
    return removed
  }

  /** The event that tells the client which of the channels that it asked for it has. Empty if it was told already. */
  confirmation(position: string | undefined): Frame[] {
    const refused = this.#refused
    this.#refused = undefined
    if (!refused) return []
    const asked = this.labels && [...this.labels]
    return [channelsFrame({ channels: [...this.names], refused, ...(asked && { asked }) }, position)]
  }

  #checkRoomFor(names: readonly string[], leaving: readonly string[] = []): void {
    const wanted = new Set([...this.names].filter((name) => !leaving.includes(name)).concat(names)).size
    if (wanted <= this.#max) return
    throw new SseError(
      'too-many-channels',
      `The stream would be on ${wanted} channels, and ${this.#max} are allowed: raise limits.channels, or publish to fewer.`,
      { value: names },
    )
  }
}
