import type { SseChannels } from '@sse/client'
import type { ConnectionState, SseEntry, SseStreamState } from './state.ts'

type Mutable = { -readonly [K in keyof SseStreamState]: SseStreamState[K] }

/** They change only this state. In the devtools, each of them says what happened. */
export const mutations = {
  state(state: Mutable, connection: Partial<ConnectionState>) {
    Object.assign(state, connection)
  },
  progress(state: Mutable, { received, lastEventId }: { received: number; lastEventId: string }) {
    state.received += received
    state.lastEventId = lastEventId
  },
  gap(state: Mutable, lastEventId: string) {
    state.gaps++
    state.lastEventId = lastEventId
  },
  channels(state: Mutable, { channels, refused }: SseChannels) {
    state.channels = channels
    state.refused = refused
  },
  stale(state: Mutable, stale: boolean) {
    state.stale = stale
  },
  history(state: Mutable, history: readonly SseEntry[]) {
    state.history = history
  },
}

/** Commits one of these mutations, with its payload. */
export type CommitOwn = (...args: OwnCommit) => void

type Mutations = typeof mutations
type OwnCommit = {
  [Name in keyof Mutations]: Parameters<Mutations[Name]> extends [unknown, ...infer Payload]
    ? [name: Name, ...payload: Payload]
    : never
}[keyof Mutations]
