import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type AppLike, createSse } from '../index.ts'

const url = 'http://events.example/events'

/** An app as the plugin sees it. Once it is mounted, Vue notes the element of its page. */
function createApp() {
  const app = {
    config: { globalProperties: {} },
    _container: null as object | null,
    mount() {
      app._container = {}
    },
    unmount() {},
  }
  return app satisfies AppLike
}

describe('two streams of one name', () => {
  beforeEach(() => vi.stubGlobal('window', globalThis))
  afterEach(() => vi.unstubAllGlobals())

  /** Streams that never connect. */
  const create = () => createSse({ url, connect: false })

  it('are a mistake until the app is mounted, whenever they were created', () => {
    const app = createApp()
    create().install(app)
    expect(() => create().install(app)).toThrow("Two streams 'sse'")
    const late = create()
    app.mount()
    expect(() => late.install(app)).toThrow("Two streams 'sse'")
  })

  it('are a hot reload if the second is created after that, again and again, also of the code that mounts', () => {
    const app = createApp()
    create().install(app)
    app.mount()
    const next = create()
    app.mount() // of a second root in Vue 2.7, or of a second app
    next.install(app)
    app.unmount()
    const [first, second] = [create(), create()]
    first.install(app)
    expect(() => second.install(app)).toThrow("Two streams 'sse'")
  })

  it('are a hot reload where the first was given to an app that was mounted', () => {
    const app = createApp()
    app.mount()
    create().install(app)
    expect(() => create().install(app)).not.toThrow()
  })

  it('are a hot reload on a server that evaluates its modules again, where nothing is mounted', () => {
    vi.unstubAllGlobals()
    const app = createApp()
    create().install(app)
    expect(() => create().install(app)).not.toThrow()
    const [first, second] = [create(), create()]
    first.install(app)
    expect(() => second.install(app)).toThrow("Two streams 'sse'")
  })
})
