import { afterEach, describe, expect, it, vi } from 'vitest'
import { onWakeup } from './wakeup.ts'

afterEach(() => vi.unstubAllGlobals())

/** A page: a document, and a global object that takes listeners. */
function stubPage() {
  const document = Object.assign(new EventTarget(), { visibilityState: 'visible' })
  const page = new EventTarget()
  vi.stubGlobal('document', document)
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page))
  vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page))
  return { document, page }
}

describe('waking up', () => {
  it('happens when the page is shown, thawed or back from the cache, and when the network is back', () => {
    const { document, page } = stubPage()
    const wake = vi.fn()
    onWakeup(wake)
    document.dispatchEvent(new Event('visibilitychange'))
    document.dispatchEvent(new Event('resume'))
    page.dispatchEvent(new Event('pageshow'))
    page.dispatchEvent(new Event('online'))
    expect(wake).toHaveBeenCalledTimes(4)
  })

  it('does not happen when the page is hidden', () => {
    const { document } = stubPage()
    const wake = vi.fn()
    onWakeup(wake)
    document.visibilityState = 'hidden'
    document.dispatchEvent(new Event('visibilitychange'))
    expect(wake).not.toHaveBeenCalled()
  })

  it('ends', () => {
    const { document, page } = stubPage()
    const wake = vi.fn()
    onWakeup(wake)()
    document.dispatchEvent(new Event('resume'))
    page.dispatchEvent(new Event('online'))
    expect(wake).not.toHaveBeenCalled()
  })

  it('never happens in Node', () => expect(onWakeup(vi.fn())).not.toThrow())
})
