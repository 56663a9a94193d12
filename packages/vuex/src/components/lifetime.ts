import { find } from '../store/store-module.ts'
import type { StoreLike } from '../store/store.ts'

/** What is needed of an app of Vue 3, or of the constructor of Vue 2.7. */
export interface AppLike {
  readonly config?: object
  readonly prototype?: object
  mixin?(mixin: object): unknown
  mount?(...container: never[]): unknown
  unmount?(): unknown
}

interface WithStore {
  readonly $store?: StoreLike
}

interface Instance extends WithStore {
  readonly $root: unknown
}

/**
 * The last app that shows a store takes the connection along. Counted from mounting on, which a server render never does: its apps are
 * never unmounted.
 */
export function watchApp(app: AppLike, namespace: string): void {
  const enter = (store: StoreLike | undefined, shown: object) => find(store, namespace)?.apps.add(shown)

  function leave(store: StoreLike | undefined, shown: object): void {
    const attached = find(store, namespace)
    if (attached?.apps.delete(shown) && attached.apps.size === 0) attached.session.disconnect()
  }

  const { mount, unmount } = app
  if (!mount || !unmount) {
    // Vue 2.7, where every root is an app.
    if (app.mixin)
      app.mixin({
        mounted(this: Instance) {
          if (this.$root === this) enter(this.$store, this)
        },
        destroyed(this: Instance) {
          leave(this.$store, this)
        },
      })
    return
  }
  const store = () => (app.config as { readonly globalProperties: WithStore }).globalProperties.$store
  app.mount = (...container) => {
    enter(store(), app)
    return mount.apply(app, container)
  }
  app.unmount = () => {
    unmount.call(app)
    leave(store(), app)
  }
}
