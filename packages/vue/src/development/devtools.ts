import type { SseChannels, SseGap, SseInvalid, SseOpen, SseState } from '@sse/client'
import type { CustomInspectorState, DevtoolsPluginApi, TimelineEvent } from '@vue/devtools-api'
import type { Receiver } from '../stream/receiver.ts'
import type { Session } from '../stream/session.ts'

const INSPECTOR = 'sse'
const COLOR = 0x41_b8_83

type Api = Omit<DevtoolsPluginApi<unknown>, 'getSettings' | 'setSettings'>

/** The streams of each app. Vue 2.7: of each root instance. */
const streams = new WeakMap<object, Map<string, Session>>()

/**
 * Shows the streams of an app in the Vue devtools: a layer of the timeline, and a node of the inspector for each. It only watches: time travel opens
 * and closes no connection.
 */
export function showInDevtools(session: Session, namespace: string, app: object): void {
  const known = streams.get(app) ?? new Map<string, Session>()
  streams.set(app, known)
  known.set(namespace, session)
  import('@vue/devtools-api')
    .then(({ setupDevtoolsPlugin }) => {
      const descriptor = {
        ...{ id: `sse:${namespace}`, label: `Server-Sent Events: ${namespace}`, packageName: '@sse/vue' },
        app: app as never,
      }
      setupDevtoolsPlugin(descriptor, (api) => watch(api, session, namespace, known))
    })
    .catch(() => {})
}

function watch(api: Api, session: Session, namespace: string, known: ReadonlyMap<string, Session>): void {
  const layerId = `sse:${namespace}`
  api.addTimelineLayer({ id: layerId, label: `Server-Sent Events: ${namespace}`, color: COLOR })
  if ([...known.keys()][0] === namespace) addInspector(api, known)

  const tell = (title: string, event: Partial<TimelineEvent>) => {
    api.addTimelineEvent({ layerId, event: { time: api.now(), data: {}, title, ...event } })
    api.sendInspectorTree(INSPECTOR)
    api.sendInspectorState(INSPECTOR)
  }
  session.observer = {
    delivered(events) {
      for (const { meta, data } of events) tell(meta.event, { subtitle: meta.id, data: { data, ...meta } })
    },
    stale(stale, name) {
      const what = name === undefined ? 'resync' : `resync of the list ${name}`
      const subtitle = stale ? 'begins' : 'has loaded'
      // After the opening or the gap that is its reason.
      void Promise.resolve().then(() => tell(what, { subtitle, logType: stale ? 'warning' : 'default' }))
    },
  }
  session.use(() => {
    const { on } = session.connection
    on?.('sse.state', (state: SseState) => {
      if (state.status === 'waiting') {
        const { error, attempt, retryAt } = state
        const data = { ...error, attempt, retryAt: new Date(retryAt).toISOString() }
        tell('retry', { subtitle: error.message, data, logType: 'warning' })
      } else if (state.status === 'closed') tell('closed', { subtitle: state.reason, data: { ...state } })
    })
    on?.('sse.open', (open: SseOpen, { id }) => {
      tell('opened', { subtitle: open.resumed ? `resumed at ${id}` : 'new', data: { ...open, id } })
    })
    on?.('sse.gap', (gap: SseGap, { id }) => {
      tell('gap', { subtitle: gap.reason, data: { ...gap, id }, logType: 'error' })
    })
    on?.('sse.channels', (channels: SseChannels) => {
      tell('channels', { subtitle: channels.channels.join(), data: { ...channels } })
    })
    on?.('sse.invalid', (invalid: SseInvalid) => {
      tell('invalid', { subtitle: invalid.event, data: { ...invalid }, logType: 'error' })
    })
  })
}

function addInspector(api: Api, known: ReadonlyMap<string, Session>): void {
  api.addInspector({ id: INSPECTOR, label: 'Server-Sent Events', icon: 'bolt' })
  api.on.getInspectorTree((payload) => {
    if (payload.inspectorId !== INSPECTOR) return
    payload.rootNodes = [...known].map(([id, session]) => {
      const { status } = session.state()
      return { id, label: id, tags: [{ label: status, textColor: 0, backgroundColor: COLOR }] }
    })
  })
  api.on.getInspectorState((payload) => {
    const session = payload.inspectorId === INSPECTOR && known.get(payload.nodeId)
    if (session) payload.state = inspect(session)
  })
}

function inspect(session: Session): CustomInspectorState {
  const { channels, refused, lastEventId, stale, history: _, ...state } = session.state()
  let receiver: Receiver | undefined
  session.use((present) => {
    receiver = present
  })
  const entries = (values: object) =>
    Object.entries(values).map(([key, value]: [string, unknown]) => ({ key, value, editable: false }))
  return {
    state: entries(state),
    channels: entries({ channels, refused }),
    position: entries({ received: session.connection.client?.lastEventId ?? '', delivered: lastEventId }),
    lag: entries({ waiting: receiver?.waiting() ?? 0, stale }),
  }
}
