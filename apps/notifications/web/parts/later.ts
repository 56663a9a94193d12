import { type AsyncComponentLoader, type Component, defineAsyncComponent } from 'vue'

/** Attempts, and milliseconds between them: the server may be away for a while. */
const attempts = 60
const pause = 1000
/** The most milliseconds for which a part waits until the list is drawn. */
const patience = 3000

/** A part of the page that is loaded when it is shown. */
export function lazy(loader: AsyncComponentLoader, placeholder?: Component): Component {
  return defineAsyncComponent({
    loader,
    delay: 0,
    ...(placeholder && { loadingComponent: placeholder }),
    onError(_error, retry, fail, attempt) {
      if (attempt > attempts) fail()
      else setTimeout(retry, pause)
    },
  })
}

const drawn = Promise.withResolvers<void>()

/** Called when the list, or why there is none, is on the page. */
export function listIsDrawn(): void {
  drawn.resolve()
}

/**
 * A part of the page that the list need not wait for: it is loaded when the list is drawn, or takes long.
 *
 * @param placeholder what has its place until then
 */
export function later(loader: AsyncComponentLoader, placeholder?: Component): Component {
  const late = () => new Promise<void>((resolve) => setTimeout(resolve, patience))
  return lazy(() => Promise.race([drawn.promise, late()]).then(loader), placeholder)
}
