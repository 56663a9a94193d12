import type { Channels } from '../channels.ts'
import type { Source, SourceMessage } from '../source.ts'
import type { SseState } from '../state.ts'
import type { Supervisor } from '../supervisor.ts'
import { onWakeup } from '../wakeup.ts'
import type { Member, MemberOptions } from './member.ts'
import type { Wish } from './protocol.ts'

/** Whether tabs can meet here: in a page or a worker, with Web Locks and BroadcastChannel. */
export const canShare = (): boolean =>
  !!(globalThis.location && navigator.locks && globalThis.BroadcastChannel)

/** What a client is made of, in place of a connection of its own. */
export type Gate = Pick<Supervisor, keyof Supervisor> & Channels & Source

export interface GateOptions extends Pick<MemberOptions, 'url' | 'share' | 'clock' | 'open'> {
  /** Keeps the wishes for channels. */
  readonly channels: Channels
  /** Names that are listened for. */
  names(): Iterable<string>
  cursor(): string
  message(message: SourceMessage): void
  state(state: SseState): void
}

const ignore = () => {}

/**
 * Stands where the connection of a client would, and loads what shares when it is first needed. What is called before is not lost: wishes
 * are read when the tab enters its group.
 */
export function createGate(options: GateOptions): Gate {
  const { channels } = options
  let state: SseState = { status: 'idle' }
  let member: Promise<Member> | undefined

  const wishes = (): Wish[] => [
    ...[...options.names()].filter((name) => !name.startsWith('sse.')).map((name): Wish => `n:${name}`),
    ...[...channels.connecting()].map((name): Wish => `c:${name}`),
  ]

  function become(next: SseState): void {
    state = next
    options.state(next)
  }

  function tell(what: keyof Member): void {
    member?.then((it) => it[what]())
  }

  /** What shares could not be loaded, as after a deployment that took it away: the tab has a connection of its own. */
  function alone({ open, cursor, message, state }: MemberOptions): Member {
    const client = open(cursor, message)
    const wish = () => {
      for (const wish of wishes()) {
        if (wish.startsWith('n:')) client.on(wish.slice(2), ignore)
        else client.subscribe(wish.slice(2))
      }
    }
    client.on('sse.state', state)
    wish()
    client.connect()
    return { wish, reconnect: () => client.reconnect(), leave: () => client.close() }
  }

  function connect(): void {
    if (gate.isRunning) {
      tell('reconnect')
      return
    }
    tell('leave')
    const load = import('./member.ts').catch(() => ({ createMember: alone }))
    const mine: Promise<Member> = load.then(({ createMember }) =>
      createMember({
        ...{ ...options, cursor: options.cursor(), wishes, onWakeup },
        message: (message) => member === mine && options.message(message),
        state: (next) => member === mine && become(next),
      }),
    )
    member = mine
    become({ status: 'connecting', attempt: 0 })
  }

  const gate: Gate = {
    get state() {
      return state
    },
    get isRunning() {
      return !!member && state.status !== 'closed'
    },
    connect,
    close() {
      tell('leave')
      member = undefined
      if (state.status !== 'closed') become({ status: 'closed', reason: 'closed' })
    },
    listen: () => tell('wish'),
    add(names) {
      channels.add(names)
      tell('wish')
    },
    delete(names) {
      channels.delete(names)
      tell('wish')
    },
    connecting: channels.connecting,
    opened: ignore,
    announced: ignore,
    dismissed: ignore,
  }
  return gate
}
