import { SseError, type SseResyncCause, type SseState } from '@sse/client'
import { type Consumer, comparePositions } from '@sse/client/internal'
import { type ComponentInternalInstance, onScopeDispose, watch } from 'vue'
import { nameOf } from '../components/channel-name.ts'
import type { Receiver } from '../stream/receiver.ts'
import type { AnyTarget, ListShell } from './use-sse-list.ts'
import { waitForChannel } from './wait-for-channel.ts'

/**
 * Keeps a list as it is on the server, until the present effect scope ends.
 *
 * @returns loads it again
 */
export function followList<Item>(list: ListShell<Item>, receiver: Receiver): () => void {
  const { error, options, rendered, session, settle, stale } = list
  const isOnChannel = 'channel' in options
  const channel = () => nameOf(options.channel)
  let isFirst = true

  function follow(): Consumer {
    const page = isFirst ? rendered : undefined
    isFirst = false
    const consumer = receiver.consume(
      {
        name: list.name,
        load: () => (cause) => loadList(list, cause, receiver.flush),
        // The position is that of the page, whose events this list has up to its own.
        given: (at) => at === session.hydration?.lastEventId && (page?.position ?? false),
        get stale() {
          return stale.value
        },
        set stale(next) {
          stale.value = next
        },
      },
      (consumer) => (isOnChannel ? waitForChannel(consumer, session.connection, channel, refused) : consumer),
    )
    let isOn = true
    let isTried = session.connection.client?.state.status === 'open'
    const offs = Object.entries(options.events).map(([event, target]) => {
      if (!isTarget(target)) {
        const message = `useSseList: events.${event} is 'put', 'remove' or a function, not ${target}`
        session.report(new SseError('invalid-option', message, target), event)
        return () => {}
      }
      const run = (data: never) => isOn && apply(list, target, data)
      return receiver.listen(event, [{ run, isCall: true }], consumer)
    })
    // A page whose stream cannot open shows its list all the same. It stays stale.
    offs.push(
      session.connection.on!('sse.state', (state: SseState) => {
        const isLost = state.status === 'waiting' || (state.status === 'closed' && state.reason !== 'closed')
        if (isLost && !isTried && (!isOnChannel || channel())) consumer.load()
        if (isLost || state.status === 'open') isTried = true
      }),
    )
    const { end } = consumer
    consumer.end = () => {
      isOn = false
      for (const off of offs) off()
      end()
    }
    if (isOnChannel && !channel()) {
      // There is nothing to show.
      stale.value = false
      settle()
    } else consumer.begin()
    return consumer
  }

  function refused(name: string): void {
    error.value = new SseError('invalid-channel', `The server does not allow the channel '${name}'`, name)
    settle()
  }

  let consumer = follow()
  if (isOnChannel) {
    watch(channel, () => {
      consumer.end()
      list.replace([])
      error.value = undefined
      stale.value = true
      consumer = follow()
    })
  }
  onScopeDispose(() => consumer.end())
  return () => {
    receiver.flush()
    if (session.connection.client?.state.status === 'open') consumer.begin()
    else consumer.load()
  }
}

function isTarget<Item>(target: unknown): target is AnyTarget<Item> {
  return target === 'put' || target === 'remove' || typeof target === 'function'
}

async function loadList<Item>(
  list: ListShell<Item>,
  cause: SseResyncCause,
  flush = () => {},
): Promise<string | undefined> {
  const { check, error, options, replace, settle } = list
  const { signal } = cause
  try {
    const loaded = await options.load(cause)
    // It was given up. What it has may be older than what the list has now.
    if (signal.aborted) throw signal.reason
    if (check) check(loaded)
    const { items = loaded, position }: { items?: unknown; position?: string } = Object(loaded)
    // Tried again, because it may be what a server says of an error, and `load` has not looked at the status.
    if (!Array.isArray(items))
      throw new SseError('invalid-use', '`load` gives an array, or { items, position }', loaded)
    // What the load has already must not come after it.
    flush()
    replace(items as Item[])
    error.value = undefined
    settle()
    return position
  } catch (reason) {
    if (!signal.aborted) {
      error.value = reason
      settle()
    }
    throw reason
  }
}

function apply<Item>(list: ListShell<Item>, target: AnyTarget<Item>, data: unknown): unknown {
  const { changes, keyOf, options } = list
  if (options.filter && !options.filter(data as never)) return undefined
  if (target === 'put') return changes.put(data as Item)
  if (target !== 'remove') return target(data as never, changes)
  const isKey = typeof data === 'string' || typeof data === 'number'
  return changes.remove(isKey ? data : keyOf(data as Item))
}

/** Loads a list on the server, once, and notes it for the browser. */
export async function renderList<Item>(
  list: ListShell<Item>,
  component: ComponentInternalInstance | null,
): Promise<void> {
  const app = component?.appContext?.app ?? component?.proxy?.$root ?? {}
  const { name, session, stale, values } = list
  const { signal } = new AbortController()
  try {
    const position = await loadList(list, { reason: 'open', signal })
    stale.value = false
    const { renderings } = session.hydration ?? {}
    if (!renderings) return
    const rendering = renderings.get(app) ?? { lists: {} }
    renderings.set(app, rendering)
    const { lastEventId = position } = rendering
    // Undefined: it is not an id, or of another log than the lists before it. The browser loads the list again.
    const order = position === undefined ? undefined : comparePositions(position, lastEventId ?? '')
    rendering.lists[name] = { items: values(), ...(order !== undefined && { position: position! }) }
    if (order !== undefined && order <= 0) rendering.lastEventId = position!
  } catch (error) {
    session.report(error, 'sse.open')
  }
}
