import type { StoreLike } from '../store/store.ts'
import { findStream } from '../store/store-module.ts'

/** What the plugin uses of an app of Vue 3, or of the constructor of Vue 2.7. */
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
 * Disconnects with the last mounted app of a store. An app counts from its mounting on, which a server render never does. Its apps are never
 * unmounted.
 */
export function watchApp(app: AppLike, namespace: string): void {
  const enter = (store: StoreLike | undefined, mounted: object) =>
    findStream(store, namespace)?.apps.add(mounted)

  function leave(store: StoreLike | undefined, mounted: object): void {
    const stream = findStream(store, namespace)
    if (stream?.apps.delete(mounted) && stream.apps.size === 0) stream.session.disconnect()
  }

  const { mount, unmount } = app
  if (!mount || !unmount) {
    // In Vue 2.7 every root is an app.
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
