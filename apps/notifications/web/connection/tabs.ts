/** Which tab of this user holds the connection. The tabs decide that by Web Locks, so the locks tell it. */
import { createSharedComposable, useIntervalFn } from '@vueuse/core'
import { type Ref, readonly, ref, watch } from 'vue'
import { useSession } from '../account/session.ts'

export interface TabGroup {
  /** Whether this tab holds the connection; undefined where tabs do not share. */
  readonly leads: boolean | undefined
  /** How many tabs share it, this one included. */
  readonly tabs: number
  /** Whether a tab of this browser shows the app to somebody now. */
  readonly isLookedAt: boolean
}

const alone: TabGroup = { leads: undefined, tabs: 1, isLookedAt: false }
const looking = 'herald looking'

/** The browser's name for this page, as locks carry it: told by a lock of our own. */
let ownName: Promise<string | undefined> | undefined
function askOwnName(): Promise<string | undefined> {
  const name = crypto.randomUUID()
  return navigator.locks.request(name, async () => {
    const { held = [] } = await navigator.locks.query()
    return held.find((lock) => lock.name === name)?.clientId
  })
}

/** How things stand now among the tabs of this user. */
export async function lookAround(user: string): Promise<TabGroup> {
  if (!navigator.locks) return { ...alone, isLookedAt: document.hasFocus() }
  ownName ??= askOwnName()
  const [own, { held = [] }] = await Promise.all([ownName, navigator.locks.query()])
  // The names that `@sse/client` gives its locks: the group as JSON, for the one who leads, and with a word behind it for each member.
  const end = `${JSON.stringify(user)},${JSON.stringify(new URL('/events', location.href).href)}]`
  const isOfGroup = (name = '') => name.startsWith('["sse",') && name.includes(end)
  const leader = held.find(({ name }) => isOfGroup(name) && name?.endsWith(end))
  const members = held.filter(
    ({ name }) => isOfGroup(name) && !name?.endsWith(end) && !name?.endsWith(' thief'),
  )
  return {
    leads: leader ? leader.clientId === own : undefined,
    tabs: Math.max(1, members.length),
    isLookedAt: held.some(({ name }) => name === looking),
  }
}

/** Looked at every second; for what must be right at the moment there is {@link lookAround}. */
export const useTabs: () => Readonly<Ref<TabGroup>> = createSharedComposable(() => {
  const { user } = useSession()
  const group = ref(alone)
  const look = async () => {
    group.value = user.value ? await lookAround(user.value.id) : alone
  }
  useIntervalFn(look, 1000, { immediateCallback: true })
  watch(() => user.value?.id, look)
  return readonly(group)
})

/** For as long as somebody looks at this tab, it says so to the others. */
export function tellWhoLooks(): void {
  if (!navigator.locks) return
  let leave: (() => void) | undefined
  const look = () => {
    if (leave || !document.hasFocus()) return
    const { promise, resolve } = Promise.withResolvers<void>()
    leave = resolve
    void navigator.locks.request(looking, { mode: 'shared' }, () => promise)
  }
  const lookAway = () => {
    leave?.()
    leave = undefined
  }
  addEventListener('focus', look)
  addEventListener('blur', lookAway)
  // A page with a lock is not kept in the back/forward cache.
  addEventListener('pagehide', lookAway)
  look()
}
