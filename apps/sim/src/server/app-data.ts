/** What the app published, as its own database has it. */
export interface Item {
  readonly n: number
  readonly channel: string
  readonly at: number
  /**
   * `pending`: nobody knows whether the log has it; the app publishes it again. `lost`: the log has lost it, and no process that lives knew of it.
   */
  state: 'pending' | 'published' | 'lost'
  id: string | undefined
}

export interface Account {
  version: number
  banned: boolean
}

/** The channel on which the app puts every stream. */
export const news = 'news'
export const rooms = ['room:0', 'room:1', 'room:2'] as const
export const prices = 'prices'
export const lobby = 'lobby'
/** The channel of the runs. */
export const job = 'job'

/** The database of the app, which all processes share. It outlives them, and it is never wrong. */
export class AppData {
  readonly items: Item[] = []
  readonly accounts = new Map<string, Account>()

  insert(channel: string, at: number): Item {
    const item: Item = { n: this.items.length + 1, channel, at, state: 'pending', id: undefined }
    this.items.push(item)
    return item
  }

  account(user: string): Account {
    const account = this.accounts.get(user) ?? { version: 1, banned: false }
    this.accounts.set(user, account)
    return account
  }

  /** One room is closed to every second user. */
  mayRead(user: string, channel: string): boolean {
    if (channel === 'room:2') return Number(user.slice(1)) % 2 === 0
    return (
      channel === prices || channel === lobby || channel === job || rooms.some((room) => room === channel)
    )
  }
}
