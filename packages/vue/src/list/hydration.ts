import { getCurrentInstance } from 'vue'
import type { DehydratedList, DehydratedSse } from './dehydrated.ts'

/** What lists give from a server render to the browser. */
export interface Hydration {
  /** Where the browser connects first. */
  readonly lastEventId: string | undefined
  /** What a list has in the page, once. */
  take(name: string): DehydratedList | undefined
  /** In `setup` on the server. @returns notes what a list of the present app has loaded */
  forApp(): (name: string, items: readonly unknown[], position: string | undefined) => Promise<void>
  dehydrate(app: object): DehydratedSse
}

export function createHydration(given: DehydratedSse | undefined): Hydration {
  const lists = new Map(Object.entries(given?.lists ?? {}))
  const renderings = new WeakMap<object, { lastEventId?: string; lists: Record<string, DehydratedList> }>()
  return {
    lastEventId: given?.lastEventId,
    take(name) {
      const list = lists.get(name)
      lists.delete(name)
      return list
    },
    forApp() {
      const component = getCurrentInstance()
      const app = component?.appContext?.app ?? component?.proxy?.$root ?? {}
      return async (name, items, position) => {
        const { comparePositions } = await import('../lazy.ts')
        const rendering = renderings.get(app) ?? { lists: {} }
        renderings.set(app, rendering)
        const { lastEventId = position } = rendering
        // Undefined: it is not an id, or of another log than the lists before it. The browser loads the list again.
        const order = position === undefined ? undefined : comparePositions(position, lastEventId ?? position)
        rendering.lists[name] =
          position === undefined || order === undefined ? { items } : { items, position }
        if (position !== undefined && order !== undefined && order <= 0) rendering.lastEventId = position
      }
    },
    dehydrate: (app) => renderings.get(app) ?? { lists: {} },
  }
}
