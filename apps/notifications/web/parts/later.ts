import { type AsyncComponentLoader, type Component, defineAsyncComponent } from 'vue'

/** Attempts, and milliseconds between them: the server may be away for a while. */
const attempts = 60
const pause = 1000

/**
 * A part of the page that the list need not wait for: it is loaded as soon as the list is there.
 *
 * @param placeholder what has its place until then
 */
export function later(loader: AsyncComponentLoader, placeholder?: Component): Component {
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
