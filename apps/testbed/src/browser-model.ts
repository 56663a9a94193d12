import type { Clock } from '@sse/client'

interface Locks {
  request(
    name: string,
    options: { readonly signal?: AbortSignal; readonly steal?: boolean; readonly ifAvailable?: boolean },
    callback: (lock: unknown) => unknown,
  ): Promise<unknown>
}

interface Channel<Message> {
  addEventListener(type: 'message', listener: (event: { readonly data: Message }) => void): void
  postMessage(message: Message): void
  close(): void
}

/**
 * `causal`: a message that a tab posts after it has received another one arrives after that one everywhere, as in a browser with one process
 * for messages. `fifo`: only the messages of one tab keep their order.
 */
export type Order = 'causal' | 'fifo'

/** The tabs of one browser, their messages, locks and timers. Nothing happens until the test chooses the next step. */
export interface BrowserModel {
  openTab(name: string): ModelTab
  /** Puts a task into a queue. It runs at some time, after the earlier tasks of that queue. */
  later(tab: ModelTab, queue: string, task: () => void): void
  /** How many queues have tasks. */
  readonly busy: number
  /** Runs the first task of one of these queues. */
  step(choice: number): void
  /** Fires the next timer of a tab. */
  tick(tab: ModelTab): void
}

export interface ModelTab {
  readonly name: string
  readonly clock: Clock
  readonly apis: { readonly locks: Locks; openChannel<Message>(group: string): Channel<Message> }
  /** A tab that hangs does nothing, and keeps its locks. */
  hanging: boolean
  readonly dead: boolean
  /** The renderer is killed. */
  crash(): void
}

interface Lock {
  readonly tab: ModelTab
  readonly lose: (error: Error) => void
}

/** Timers with a longer delay are not needed here. */
const SHORT = 2000

const aborted = () => new DOMException('', 'AbortError')

export function createBrowserModel(order: Order): BrowserModel {
  const queues = new Map<string, { tab: ModelTab; tasks: (() => void)[] }>()
  const channels = new Set<{ tab: ModelTab; group: string; receive: (message: never) => void }>()
  const held = new Map<string, Lock>()
  const waiting: { tab: ModelTab; name: string; grant: () => void }[] = []
  const timers = new Map<ModelTab, (() => void)[]>()
  let now = 0

  function later(tab: ModelTab, name: string, task: () => void): void {
    if (tab.dead) return
    const key = `${tab.name} ${name}`
    const queue = queues.get(key) ?? { tab, tasks: [] }
    queues.set(key, queue)
    queue.tasks.push(task)
  }

  const ready = () => [...queues.values()].filter(({ tab, tasks }) => tasks.length > 0 && !tab.hanging)

  function grantNext(): void {
    for (const request of [...waiting]) {
      if (held.has(request.name)) continue
      waiting.splice(waiting.indexOf(request), 1)
      request.grant()
    }
  }

  function locksOf(tab: ModelTab): Locks {
    return {
      request: (name, { signal, steal, ifAvailable }, callback) =>
        new Promise((resolve, reject) => {
          function grant(): void {
            const lock: Lock = { tab, lose: (error) => later(tab, 'lost', () => reject(error)) }
            held.set(name, lock)
            later(tab, 'locks', async () => {
              try {
                resolve(await callback(lock))
              } finally {
                if (held.get(name) === lock && !tab.dead) held.delete(name)
                grantNext()
              }
            })
          }
          if (ifAvailable && held.has(name)) {
            later(tab, 'locks', () => resolve(callback(null)))
          } else if (steal) {
            const deposed = held.get(name)
            grant()
            deposed?.lose(aborted())
          } else {
            const request = { tab, name, grant }
            waiting.push(request)
            signal?.addEventListener('abort', () => {
              if (!waiting.includes(request)) return
              waiting.splice(waiting.indexOf(request), 1)
              reject(aborted())
            })
            grantNext()
          }
        }),
    }
  }

  function openChannel<Message>(tab: ModelTab, group: string): Channel<Message> {
    const own = { tab, group, receive: (_: Message) => {} }
    channels.add(own)
    return {
      addEventListener(_, listener) {
        own.receive = (data) => listener({ data })
      },
      postMessage(message) {
        const copy = structuredClone(message)
        for (const other of channels) {
          if (other === own || other.group !== group) continue
          const queue = order === 'causal' ? 'channel' : `channel ${tab.name}`
          later(other.tab, queue, () => channels.has(other) && other.receive(copy as never))
        }
      },
      close: () => channels.delete(own),
    }
  }

  return {
    later,
    get busy() {
      return ready().length
    },
    step(choice) {
      const all = ready()
      all[choice % all.length]?.tasks.shift()?.()
    },
    tick(tab) {
      if (!tab.hanging) timers.get(tab)?.shift()?.()
    },
    openTab(name) {
      const own: (() => void)[] = []
      const state = { dead: false }
      const tab: ModelTab = {
        name,
        hanging: false,
        get dead() {
          return state.dead
        },
        clock: {
          now: () => ++now,
          random: () => 0.5,
          setTimeout(run, delay) {
            if (delay <= SHORT) own.push(run)
            return run
          },
          clearTimeout: (run) => void own.splice(own.indexOf(run as () => void) >>> 0, 1),
        },
        get apis() {
          return {
            locks: locksOf(tab),
            openChannel: <Message>(group: string) => openChannel<Message>(tab, group),
          }
        },
        crash() {
          state.dead = true
          for (const queue of queues.values()) if (queue.tab === tab) queue.tasks.length = 0
          for (const channel of channels) if (channel.tab === tab) channels.delete(channel)
          for (const request of waiting.filter((one) => one.tab === tab))
            waiting.splice(waiting.indexOf(request), 1)
          for (const [lock, holder] of held) if (holder.tab === tab) held.delete(lock)
          own.length = 0
          grantNext()
        },
      }
      timers.set(tab, own)
      return tab
    },
  }
}
