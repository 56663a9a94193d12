import type { Session } from '../stream/session.ts'

/** What the plugin uses of an app of Vue 3, or of the constructor of Vue 2.7. */
export interface AppLike {
  readonly config?: object
  readonly prototype?: object
  mixin?(mixin: object): unknown
  mount?(...container: never[]): unknown
  unmount?(): unknown
}

interface Instance {
  readonly $root: unknown
}

/**
 * Connects with the first mounted app if `connects` says so, and disconnects with the last one. An app counts from its mounting on, which a server
 * render never does. Its apps are never unmounted.
 *
 * @param find the session, by the properties that all components of the app have
 * @param entered called for each mounted app
 */
export function watchApp(
  app: AppLike,
  find: (properties: object) => Session | undefined,
  connects = false,
  entered?: (session: Session, mounted: object) => void,
): void {
  function enter(properties: object, mounted: object): void {
    const session = find(properties)
    session?.connection.apps.add(mounted)
    if (session) entered?.(session, mounted)
    // What the components have asked for while they were mounted goes along.
    if (connects && session?.connection.apps.size === 1) session.methods.connect()
  }

  function leave(properties: object, mounted: object): void {
    const session = find(properties)
    const apps = session?.connection.apps
    if (apps?.delete(mounted) && apps.size === 0) session?.methods.disconnect()
  }

  const { mount, unmount } = app
  if (!mount || !unmount) {
    // In Vue 2.7 every root is an app.
    if (app.mixin)
      app.mixin({
        mounted(this: Instance) {
          if (this.$root === this) enter(this, this)
        },
        destroyed(this: Instance) {
          leave(this, this)
        },
      })
    return
  }
  app.mount = (...container) => {
    const mounted = mount.apply(app, container)
    enter(propertiesOf(app), app)
    return mounted
  }
  app.unmount = () => {
    unmount.call(app)
    leave(propertiesOf(app), app)
  }
}

/** Vue 2.7 has no app, so its constructor stands for one. It also has a `config`, but no global properties in it. */
export const propertiesOf = ({ config, prototype }: AppLike): object =>
  (config as { readonly globalProperties?: object } | undefined)?.globalProperties ?? (prototype as object)

/** Gives the components of an app a property. Tests replace it by a double: for all components, or for one. */
export function defineProperty(app: AppLike, name: string, get: (this: object) => unknown): void {
  Object.defineProperty(propertiesOf(app), name, {
    configurable: true,
    get,
    set(this: object, value: unknown) {
      Object.defineProperty(this, name, { configurable: true, writable: true, value })
    },
  })
}
