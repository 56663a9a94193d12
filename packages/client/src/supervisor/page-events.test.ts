import { afterEach, describe, expect, it, vi } from 'vitest'
import { onWakeup } from './page-events.ts'

afterEach(() => vi.unstubAllGlobals())

/** A page: a document that can be hidden, and a window that hears what happens to both. */
function stubPage() {
  const document = { visibilityState: 'visible' }
  const window = new EventTarget()
  vi.stubGlobal('document', document)
  vi.stubGlobal('addEventListener', window.addEventListener.bind(window))
  return { document, happen: (event: string) => window.dispatchEvent(new Event(event)) }
}

describe('waking up', () => {
  it.each(['visibilitychange', 'resume', 'pageshow', 'online'])('happens on %s', (event) => {
    const { happen } = stubPage()
    const wake = vi.fn()
    onWakeup(wake)
    happen(event)
    expect(wake).toHaveBeenCalledOnce()
  })

  it('does not happen when the page is hidden', () => {
    const { document, happen } = stubPage()
    const wake = vi.fn()
    onWakeup(wake)
    document.visibilityState = 'hidden'
    happen('visibilitychange')
    expect(wake).not.toHaveBeenCalled()
  })

  it('ends', () => {
    const { happen } = stubPage()
    const wake = vi.fn()
    onWakeup(wake)()
    happen('resume')
    happen('online')
    expect(wake).not.toHaveBeenCalled()
  })

  it('never happens in Node', () => expect(onWakeup(vi.fn())).not.toThrow())
})
