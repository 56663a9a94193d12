/** What the page knows of the inbox, and how it changes: plain data and mutations. */
import { markRaw } from 'vue'
import type { InboxItem, Notification, Snapshot } from '../../../shared/schemas.ts'
import { searchOf, type View } from '../../inbox/views.ts'
import { broughtUpToDate, type Change, changed, type KnownChange, remember } from './changes.ts'

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
  /** Counts what came by the stream and what was done here: an answer is of before or after it, and nobody knows which. */
  events: number
  /** For answers that were on their way and do not know it. */
  changes: readonly KnownChange[]
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
  changes: [],
  arrived: [],
})

export const inboxMutations = {
  loading(state: NotificationsState) {
    state.status = 'loading'
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
    // Of searches the present one is kept.
    const extents = Object.entries(state.extents).filter(
      ([name]) => name === view || searchOf(name as View) === undefined,
    )
    state.extents = Object.fromEntries(extents)
  },
  /** Single ones, wherever they stand. */
  learned(state: NotificationsState, { items, since }: { items: readonly InboxItem[]; since: number }) {
    state.items = merge(state.items, upToDate(state, items, since))
  },
  /** What is known of this view may not be all of it: it is fetched again when it is shown. */
  forgotten(state: NotificationsState, view: View) {
    const { [view]: _, ...extents } = state.extents
    state.extents = extents
  },
  viewFailed(state: NotificationsState, view: View) {
    if (state.view === view) state.hasViewFailed = true
  },
  /** The newest page of everything: what is older is forgotten, what came while it was on its way stays. */
  loaded(state: NotificationsState, { snapshot, since }: { snapshot: Snapshot; since: number }) {
    const { notifications, next, unread } = snapshot
    const newest = notifications[0]?.id ?? 0
    const known = new Set([...state.arrived, ...notifications.map(({ id }) => id)])
    const kept = state.items.filter(({ id }) => known.has(id))
    state.items = merge(kept, upToDate(state, notifications, since))
    state.extents = { all: extent(notifications, next) }
    state.countedTo = newest
    state.unread = unread
  },
  /** A page of a view, its first or the one after `extents[view]`. */
  page(
    state: NotificationsState,
    { view, snapshot, since }: { view: View; snapshot: Snapshot; since: number },
  ) {
    const { notifications, next } = snapshot
    state.items = merge(state.items, upToDate(state, notifications, since))
    state.extents = { ...state.extents, [view]: extent(notifications, next) }
    if (state.view === view) state.hasViewFailed = false
  },
  unread(state: NotificationsState, count: number) {
    state.unread = count
  },
  /** Something came by the stream. */
  event(state: NotificationsState) {
    state.events++
  },
  /** From the stream. The same one may come twice, and after it was read. What the reader has sent the reader has read. */
  add(
    state: NotificationsState,
    {
      notifications,
      counted,
      reader,
    }: { notifications: readonly Notification[]; counted: number; reader: string },
  ) {
    const known = new Set(state.items.map(({ id }) => id))
    const fresh = notifications.filter(({ id }) => !known.has(id))
    state.items = merge(
      state.items,
      fresh.map((notification) => ({ ...notification, read: notification.from === reader, place: 'inbox' })),
    )
    state.arrived = [...state.arrived, ...notifications.map(({ id }) => id)].slice(-most)
    forgetOldest(state)
    state.unread += counted
  },
  /** From the stream, or made here; `counted`: by how much the number of unread ones changes. */
  change(
    state: NotificationsState,
    { change, counted, key }: { change: Change; counted: number; key?: number },
  ) {
    state.events++
    const at = key === undefined ? state.events : Number.POSITIVE_INFINITY
    state.changes = remember(state.changes, { ...change, at, key })
    apply(state, change, counted)
  },
  /** The server has answered a change that was made here: answers to what is asked from now on know of it. */
  settled(state: NotificationsState, key: number) {
    state.events++
    state.changes = state.changes.map((change) =>
      change.key === key ? { ...change, at: state.events } : change,
    )
  },
  /** The server has refused it. */
  takenBack(
    state: NotificationsState,
    { key, before, counted }: { key: number; before: readonly InboxItem[]; counted: number },
  ) {
    state.events++
    state.changes = state.changes.filter((change) => change.key !== key)
    const was = new Map(before.map((item) => [item.id, item]))
    state.items = state.items.map((item) => {
      const { read, place } = was.get(item.id) ?? item
      return read !== item.read || place !== item.place ? markRaw({ ...item, read, place }) : item
    })
    state.unread = Math.max(0, state.unread - counted)
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

function apply(state: NotificationsState, change: Change, counted: number): void {
  state.items = state.items.map((item) => {
    const next = changed(item, change)
    return next === item ? item : markRaw(next)
  })
  state.unread = Math.max(0, state.unread + counted)
}

const upToDate = ({ changes }: NotificationsState, items: readonly InboxItem[], since: number): InboxItem[] =>
  items.map((item) => broughtUpToDate(item, changes, since))

/** Upsert by id. */
function merge(held: readonly InboxItem[], incoming: readonly InboxItem[]): InboxItem[] {
  const byId = new Map(held.map((item) => [item.id, item]))
  for (const item of incoming) byId.set(item.id, markRaw(item))
  return [...byId.values()].sort((a, b) => b.id - a.id)
}
