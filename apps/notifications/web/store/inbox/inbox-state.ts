/** What the page knows of the inbox, and how it changes: plain data and mutations. */
import { markRaw } from 'vue'
import type { InboxItem, Notification, Snapshot } from '../../../shared/schemas.ts'
import type { View } from '../../inbox/views.ts'
import { isToldRead, nothingTold, type Told } from './told.ts'

/** How far down a view has been loaded. It is complete for all ids from `from` on. */
export interface Extent {
  readonly from: number
  /** Where the next page begins; null: there is none. */
  readonly next: number | null
}

export interface NotificationsState {
  /** All that is known, newest first, whatever view it came with. Replaced, never changed: Vue need not look into them. */
  items: InboxItem[]
  /** The newest that `unread` was counted with by the server; what is newer is counted here. */
  countedTo: number
  /** As the server counts: of all notifications, loaded or not, without muted topics. */
  unread: number
  view: View
  extents: { readonly [V in View]?: Extent }
  /** `failed`: the list could not be fetched and may miss something. */
  status: 'empty' | 'loading' | 'ready' | 'failed'
  /** The present view could not be fetched. The rest of the list is not affected. */
  hasViewFailed: boolean
  isLoadingMore: boolean
  /** Counts what came by the stream: an answer is of before or after it, and nobody knows which. */
  events: number
  /** What the stream said was read, for answers that were on their way and do not know it. */
  told: Told
  /** Ids of what the stream brought since the last load began: its answer need not know them. */
  arrived: readonly number[]
}

/** Notifications that are kept at least. */
const most = 1000

export const emptyInbox = (): NotificationsState => ({
  items: [],
  countedTo: 0,
  unread: 0,
  view: 'all',
  extents: {},
  status: 'empty',
  hasViewFailed: false,
  isLoadingMore: false,
  events: 0,
  told: nothingTold,
  arrived: [],
})

export const inboxMutations = {
  loading(state: NotificationsState) {
    state.status = 'loading'
    state.told = nothingTold
    state.arrived = []
  },
  failed(state: NotificationsState) {
    state.status = 'failed'
  },
  ready(state: NotificationsState) {
    state.status = 'ready'
  },
  loadingMore(state: NotificationsState, isLoading: boolean) {
    state.isLoadingMore = isLoading
  },
  view(state: NotificationsState, view: View) {
    state.view = view
    state.hasViewFailed = false
  },
  viewFailed(state: NotificationsState, view: View) {
    if (state.view === view) state.hasViewFailed = true
  },
  /** The newest page of everything: what is older is forgotten, what came while it was on its way stays. */
  loaded(state: NotificationsState, { notifications, next, unread }: Snapshot) {
    const newest = notifications[0]?.id ?? 0
    const known = new Set([...state.arrived, ...notifications.map(({ id }) => id)])
    const kept = state.items.filter(({ id }) => known.has(id))
    state.items = merge(kept, toldOf(state, notifications))
    state.extents = { all: extent(notifications, next) }
    state.countedTo = newest
    state.unread = unread
  },
  /** A page of a view, its first or the one after `extents[view]`. */
  page(state: NotificationsState, { view, snapshot }: { view: View; snapshot: Snapshot }) {
    const { notifications, next } = snapshot
    state.items = merge(state.items, toldOf(state, notifications))
    state.extents = { ...state.extents, [view]: extent(notifications, next) }
    if (state.view === view) state.hasViewFailed = false
  },
  unread(state: NotificationsState, count: number) {
    state.unread = count
  },
  /** Something came by the stream; with `told`, of what is read. */
  event(state: NotificationsState, told?: Told) {
    state.events++
    if (told) state.told = told
  },
  /** From the stream. The same one may come twice, and after it was read. */
  add(
    state: NotificationsState,
    { notifications, counted }: { notifications: readonly Notification[]; counted: number },
  ) {
    state.items = merge(
      state.items,
      notifications.map((notification) => ({ ...notification, read: false })),
    )
    state.arrived = [...state.arrived, ...notifications.map(({ id }) => id)].slice(-most)
    forgetOldest(state)
    state.unread += counted
  },
  /** Marks as read, or takes that back. */
  mark(
    state: NotificationsState,
    { ids, read, counted }: { ids: readonly number[]; read: boolean; counted: number },
  ) {
    const wanted = new Set(ids)
    state.items = state.items.map((item) => (wanted.has(item.id) ? markRaw({ ...item, read }) : item))
    state.unread = Math.max(0, state.unread + (read ? -counted : counted))
  },
  clear(state: NotificationsState) {
    Object.assign(state, emptyInbox())
  },
}

function extent(page: readonly InboxItem[], next: number | null): Extent {
  return { from: next === null ? 0 : (page.at(-1)?.id ?? 0), next }
}

/** A page that is open for days must not grow with every event. Items far down are dropped, and fetched again when the reader scrolls there. */
function forgetOldest(state: NotificationsState): void {
  if (state.items.length <= 2 * most) return
  state.items = state.items.slice(0, most)
  const oldest = state.items.at(-1)?.id ?? 0
  const extents = Object.entries(state.extents) as [View, Extent][]
  state.extents = Object.fromEntries(
    extents.map(([view, extent]) => [view, extent.from < oldest ? { from: oldest, next: oldest } : extent]),
  )
}

const toldOf = ({ told }: NotificationsState, items: readonly InboxItem[]): InboxItem[] =>
  items.map((item) => (isToldRead(told, item) ? { ...item, read: true } : item))

/** Upsert by id. What was read stays read, whichever of the two knows it. */
function merge(held: readonly InboxItem[], incoming: readonly InboxItem[]): InboxItem[] {
  const byId = new Map(held.map((item) => [item.id, item]))
  for (const item of incoming) {
    const read = item.read || byId.get(item.id)?.read === true
    byId.set(item.id, markRaw({ ...item, read }))
  }
  return [...byId.values()].sort((a, b) => b.id - a.id)
}
