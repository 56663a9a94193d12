/** What has happened on the line, for people to watch. */
import { type SseCloseReason, type SseFailure, type SseState, useSse } from '@sse/vuex'
import { createSharedComposable } from '@vueuse/core'
import { onScopeDispose, type ShallowRef, shallowRef, watch } from 'vue'
import { useTabs } from '../tabs.ts'

export type LineFault = 'cut' | 'refuse' | 'stall'

export type LineEvent =
  | { readonly type: 'connecting'; readonly attempt: number }
  | { readonly type: 'open'; readonly resumed: boolean | null }
  | {
      readonly type: 'waiting'
      readonly cause: SseFailure['code']
      readonly status: number | undefined
      readonly seconds: number
    }
  | { readonly type: 'closed'; readonly reason: SseCloseReason }
  | { readonly type: 'gap'; readonly reason: string }
  | { readonly type: 'channels'; readonly count: number }
  | { readonly type: 'events'; readonly count: number }
  | { readonly type: 'fault'; readonly fault: LineFault }
  | { readonly type: 'lead'; readonly leads: boolean }

export interface LineEntry {
  readonly id: number
  readonly at: Date
  readonly event: LineEvent
}

export interface LineLog {
  /** Newest first. */
  readonly entries: Readonly<ShallowRef<readonly LineEntry[]>>
  /** Milliseconds, as the server announced it; 0: it promises none. */
  readonly heartbeat: Readonly<ShallowRef<number>>
  note(event: LineEvent): void
}

/** Milliseconds in which events count as having come at once. */
const together = 2000

/** More is no longer read. */
const kept = 50

/** Written from the moment the page is there, also while nobody watches. */
export const useLineLog: () => LineLog = createSharedComposable(() => {
  const sse = useSse()
  const tabs = useTabs()
  const entries = shallowRef<readonly LineEntry[]>([])
  const heartbeat = shallowRef(0)
  let id = 0
  /** Whether it was open before: to go on from the position of the list, the first time, is not to resume. */
  let wasOpen = false

  function note(event: LineEvent): void {
    const [newest, ...others] = entries.value
    const isTogether = newest && Date.now() - newest.at.getTime() < together
    if (event.type === 'events' && newest?.event.type === 'events' && isTogether) {
      const count = newest.event.count + event.count
      entries.value = [{ ...newest, event: { type: 'events', count } }, ...others]
      return
    }
    id++
    entries.value = [{ id, at: new Date(), event }, ...entries.value].slice(0, kept)
  }

  const count = () => note({ type: 'events', count: 1 })
  const offs = [
    sse.on('sse.state', (state) => {
      const event = describe(state)
      if (event) note(event)
      if (state.status === 'closed') wasOpen = false
    }),
    sse.on('sse.open', (open) => {
      heartbeat.value = open.heartbeat
      note({ type: 'open', resumed: wasOpen ? open.resumed : null })
      wasOpen = true
    }),
    sse.on('sse.gap', ({ reason }) => note({ type: 'gap', reason })),
    sse.on('sse.channels', ({ channels }) => note({ type: 'channels', count: channels.length })),
    ...(['notification', 'sent', 'read', 'unread', 'read-all', 'moved', 'topics', 'seen'] as const).map(
      (name) => sse.on(name, count),
    ),
  ]
  onScopeDispose(() => offs.forEach((off) => void off()))
  watch(
    () => tabs.value.leads,
    (leads) => {
      if (leads !== undefined) note({ type: 'lead', leads })
    },
  )
  return { entries, heartbeat, note }
})

/** `open` is told by the stream's first event, which says more. */
function describe(state: SseState): LineEvent | undefined {
  switch (state.status) {
    case 'connecting':
      return { type: 'connecting', attempt: state.attempt }
    case 'waiting': {
      const { code, status } = state.error
      const seconds = Math.max(0, Math.round((state.retryAt - Date.now()) / 1000))
      return { type: 'waiting', cause: code, status, seconds }
    }
    case 'closed':
      return { type: 'closed', reason: state.reason }
    default:
      return undefined
  }
}
