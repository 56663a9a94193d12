/** What the address says: which page and view is shown, and what is open over it. */
import { type ComputedRef, computed, type WritableComputedRef } from 'vue'
import { createRouter, createWebHistory, type RouteLocation, type RouteLocationNormalized } from 'vue-router'
import { searchOf, topicOf, type View } from '../inbox/views.ts'

export type PageName = 'home' | 'operator' | 'not-found'

declare module 'vue-router' {
  interface RouteMeta {
    readonly page: PageName
    /** Something over the view that was there before. */
    readonly isDialog?: boolean
  }
}

// Pages are chosen by `App.vue`: all views are one page, which stays.
const component = { render: () => null }
const home = { component, meta: { page: 'home' } } as const
const dialog = { component, meta: { page: 'home', isDialog: true } } as const

/** The server knows the same addresses: `shared/addresses.ts`. */
export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/', name: 'all', ...home },
    ...(['unread', 'direct', 'archived', 'sent'] as const).map((name) => ({
      path: `/${name}`,
      name,
      ...home,
    })),
    { path: '/topics/:topic([\\w-]{1,64})', name: 'topic', ...home },
    { path: '/search', name: 'search', ...home },
    { path: '/notifications/:id(\\d{1,15})', name: 'notification', ...dialog },
    { path: '/settings/topics', name: 'topics', ...dialog },
    { path: '/settings/keys', name: 'keys', ...dialog },
    { path: '/admin', name: 'operator', component, meta: { page: 'operator' } },
    { path: '/:rest(.*)*', name: 'not-found', component, meta: { page: 'not-found' } },
  ],
  scrollBehavior(to, from, saved) {
    if (saved) return saved
    return to.hash || to.meta.isDialog || from.meta.isDialog ? false : { top: 0 }
  },
})

export function addressOf(view: View): string {
  const topic = topicOf(view)
  if (topic !== undefined) return `/topics/${encodeURIComponent(topic)}`
  const search = searchOf(view)
  if (search !== undefined) return `/search?${new URLSearchParams({ q: search })}`
  return view === 'all' ? '/' : `/${view}`
}

export const addressOfNotification = (id: number): string => `/notifications/${id}`

function viewOf({ name, params, query }: Pick<RouteLocation, 'name' | 'params' | 'query'>): View {
  switch (name) {
    case 'unread':
    case 'direct':
    case 'archived':
    case 'sent':
      return name
    case 'topic':
      return `topic:${params['topic']}`
    case 'search': {
      const text = String(query['q'] ?? '').trim()
      return text === '' ? 'all' : `search:${text}`
    }
    default:
      return 'all'
  }
}

const route = router.currentRoute

/** The address of the view that is shown, or lies behind what is open. It is kept in the history, so it survives a reload. */
function addressBehind({ fullPath, meta }: RouteLocationNormalized): string {
  return meta.isDialog ? String(history.state?.behind ?? '/') : fullPath
}

/** What the address shows. The page that asks is always there, so nothing has to be injected. */
export const page: ComputedRef<PageName | undefined> = computed(() => route.value.meta.page)
export const viewShown: ComputedRef<View> = computed(() => viewOf(router.resolve(addressBehind(route.value))))
/** Of the notification that is open. */
export const notificationShown: ComputedRef<number | undefined> = computed(() =>
  route.value.name === 'notification' ? Number(route.value.params['id']) : undefined,
)

/** Whether this dialog is open; it opens and closes by the address. */
export function dialogAt(address: string): WritableComputedRef<boolean> {
  return computed({
    get: () => route.value.path === address,
    set: (on) => void (on ? open(address) : close()),
  })
}

/** Opens a dialog over the view that is shown. */
export async function open(address: string): Promise<void> {
  const to = { path: address, state: { behind: addressBehind(route.value) } }
  await (route.value.meta.isDialog ? router.replace(to) : router.push(to))
}

export const openNotification = (id: number): Promise<void> => open(addressOfNotification(id))

/** Closes the dialog that is open. */
export async function close(): Promise<void> {
  if (!route.value.meta.isDialog) return
  const behind = addressBehind(route.value)
  if (history.state?.back === behind) router.back()
  else await router.replace(behind)
}

export async function showView(view: View): Promise<void> {
  await router.push(addressOf(view))
}
