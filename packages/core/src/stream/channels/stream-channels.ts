import { SseError } from '../../errors.ts'
import { channelsFrame } from '../../wire/control.ts'
import type { Frame } from '../../wire/frame.ts'
import type { ChannelsChange } from '../sse-stream.ts'
import type { AuthorizedChannels } from './asked-channels.ts'

/** The channels of one stream: those that the app subscribed to, and those that its client asked for. */
export class StreamChannels {
  readonly names = new Set<string>()
  /** The channels of a shared stream that only its client asked for. `undefined` if the stream is not shared. */
  readonly labelledChannels: Set<string> | undefined
  readonly #max: number
  /** Channels that the client asked for and did not get, until the confirmation. */
  #refused: readonly string[] | undefined

  /** @param options `max`: the maximum number of channels; `shared`: whether several tabs share the stream */
  constructor({ max, shared }: { readonly max: number; readonly shared: boolean }) {
    this.#max = max
    this.labelledChannels = shared ? new Set() : undefined
  }

  /** @returns the channels that were added. @throws {SseError} `too-many-channels` */
  add(names: readonly string[]): readonly string[] {
    this.#checkMax(names)
    const added = names.filter((name) => !this.names.has(name))
    for (const name of names) {
      this.labelledChannels?.delete(name)
      this.names.add(name)
    }
    return added
  }

  remove(names: readonly string[]): void {
    for (const name of names) {
      this.names.delete(name)
      this.labelledChannels?.delete(name)
    }
  }

  /**
   * Adds channels that the client asked for, up to the maximum.
   *
   * @returns the channels that were added
   */
  grant({ granted, refused }: AuthorizedChannels): readonly string[] {
    const added: string[] = []
    const excess: string[] = []
    for (const name of granted) {
      if (this.names.has(name)) continue
      if (this.names.size >= this.#max) excess.push(name)
      else {
        added.push(name)
        this.labelledChannels?.add(name)
        this.names.add(name)
      }
    }
    this.#refused = [...(this.#refused ?? []), ...refused, ...excess]
    return added
  }

  /**
   * The channels that a change removes. On a shared stream, a tab cannot remove the app's own channels. If a tab asks for too many channels,
   * the excess is refused instead of an error, because the other tabs use the stream too.
   *
   * @throws {SseError} `too-many-channels`
   */
  removedBy({
    subscribe,
    unsubscribe,
  }: Pick<ChannelsChange, 'subscribe' | 'unsubscribe'>): readonly string[] {
    const { labelledChannels } = this
    const removed = unsubscribe.filter(
      (name) => !subscribe.includes(name) && (labelledChannels?.has(name) ?? true),
    )
    if (!labelledChannels) this.#checkMax(subscribe, removed)
    return removed
  }

  /** The event that confirms the channels to the client. Empty if there is nothing new to confirm. */
  confirmation(position: string | undefined): Frame[] {
    const refused = this.#refused
    this.#refused = undefined
    if (!refused) return []
    const asked = this.labelledChannels && [...this.labelledChannels]
    return [channelsFrame({ channels: [...this.names], refused, ...(asked && { asked }) }, position)]
  }

  #checkMax(names: readonly string[], leaving: readonly string[] = []): void {
    if (this.names.size + names.length <= this.#max) return
    const count = new Set([...this.names].filter((name) => !leaving.includes(name)).concat(names)).size
    if (count <= this.#max) return
    throw new SseError(
      'too-many-channels',
      `The stream would be on ${count} channels, and ${this.#max} are allowed: subscribe to fewer, or raise limits.channels.`,
      { value: names },
    )
  }
}
