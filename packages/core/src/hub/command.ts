/** An order to every process of the log, as an entry on the reserved channel. */
export interface Command {
  readonly type: 'disconnect'
  readonly key: string
  /** Milliseconds, `false` to stay away, `null` to say nothing. */
  readonly reconnect: number | false | null
}

/** A command out of an entry's data; `undefined` for what this version does not know: another process may be newer. */
export function parseCommand(data: string): Command | undefined {
  try {
    const command = JSON.parse(data) as Partial<Command> | null
    if (command?.type !== 'disconnect' || typeof command.key !== 'string') return undefined
    return { type: 'disconnect', key: command.key, reconnect: command.reconnect ?? null }
  } catch {
    return undefined
  }
}
