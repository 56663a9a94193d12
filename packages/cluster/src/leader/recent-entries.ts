import type { Entry } from '@sse/core'
import type { Batch, TailLimits } from '../wire/messages.ts'

/** What the leader keeps of the end of the log. Members that are further back read from the log. */
const most = { entries: 2_048, bytes: 1_048_576 }
/** What one reply contains at most. */
export const mostOfReply = { entries: 1_024, bytes: 1_048_576 }
/** Entries from one mark to the next, and marks that are kept. */
const marks = { distance: 128, most: 1_024 }

/** A position, with the entries and bytes of the log before it. */
interface Mark {
  readonly position: string
  readonly entries: number
  readonly bytes: number
}

/**
 * The newest entries of the log, for members that are live: an event is encoded once for all of them, and the log is not read. Of older
 * entries it knows some positions, where a member may start.
 */
export class RecentEntries {
  /** By the id of the entry before, in the order of the log. */
  readonly #following = new Map<string, Entry>()
  #bytes = 0
  #head: string
  #marks: Mark[]
  #count = { entries: 0, bytes: 0 }
  /** The last answer: members that are live ask for the same. */
  #last: { readonly after: string; readonly head: string; readonly batch: Batch } | undefined

  constructor(origin: string) {
    this.#head = origin
    this.#marks = [{ position: origin, entries: 0, bytes: 0 }]
  }

  get head(): string {
    return this.#head
  }

  add(entries: readonly Entry[]): void {
    for (const entry of entries) {
      this.#following.set(entry.previous, entry)
      this.#head = entry.id
      const bytes = sizeOf(entry)
      this.#bytes += bytes
      this.#count = { entries: this.#count.entries + 1, bytes: this.#count.bytes + bytes }
      if (this.#count.entries % marks.distance === 0) this.#marks.push({ position: entry.id, ...this.#count })
    }
    if (this.#marks.length > marks.most) this.#marks = this.#marks.slice(-marks.most)
    this.#trim()
  }

  /** The log goes on after a position that does not follow the head. */
  reset(head: string): void {
    this.#following.clear()
    this.#bytes = 0
    this.#head = head
    this.#marks = [{ position: head, ...this.#count }]
  }

  /** The entries after a position, as many as one reply contains; `undefined` if the position is not among the newest. */
  after(position: string): Batch | undefined {
    if (position === this.#head) return { entries: [] }
    if (this.#last?.after === position && this.#last.head === this.#head) return this.#last.batch
    const entries: Entry[] = []
    let bytes = 0
    let entry = this.#following.get(position)
    for (; entry && entries.length < mostOfReply.entries; entry = this.#following.get(entry.id)) {
      bytes += sizeOf(entry)
      if (entries.length > 0 && bytes > mostOfReply.bytes) break
      entries.push(entry)
    }
    if (entries.length === 0) return undefined
    const batch = { entries }
    this.#last = { after: position, head: this.#head, batch }
    return batch
  }

  /** A position before the end of the log that is within these limits. */
  baseOf(limits: TailLimits): string {
    const { entries, bytes } = this.#count
    const base = this.#marks.find(
      (mark) => entries - mark.entries <= limits.entries && bytes - mark.bytes <= limits.bytes,
    )
    return base?.position ?? this.#head
  }

  #trim(): void {
    for (const [position, entry] of this.#following) {
      if (this.#following.size <= most.entries && this.#bytes <= most.bytes) return
      this.#following.delete(position)
      this.#bytes -= sizeOf(entry)
    }
  }
}

/** The first entries of a page, as many as one reply contains. */
export function firstOf(entries: readonly Entry[]): readonly Entry[] {
  let bytes = 0
  const end = entries.findIndex((entry, index) => {
    bytes += sizeOf(entry)
    return index > 0 && (index === mostOfReply.entries || bytes > mostOfReply.bytes)
  })
  return end === -1 ? entries : entries.slice(0, end)
}

/** About how many bytes an entry takes. */
function sizeOf({ data, channels }: Entry): number {
  return 100 + data.length + channels.length * 20
}
