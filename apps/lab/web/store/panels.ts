/** What this page has seen of each transport. */
import type { Module } from 'vuex'
import {
  type LabEvent,
  type LabState,
  type PerTransport,
  perTransport,
  type TransportName,
  transportNames,
} from '../../shared/lab.ts'
import { emptyLedger, enter, type Ledger } from '../../shared/ledger.ts'
import type { ClientStatus } from '../../shared/transports/receiver.ts'
import { createDelays, type Delays, percentile } from '../figures/delays.ts'
import type { ServerClock } from '../figures/server-clock.ts'
import type { RootState } from './state.ts'

/** How a transport came back after the line was cut. */
export interface Recovery {
  /** Which cut. */
  readonly of: number
  /** Milliseconds from the line's return to the first event on the screen. */
  readonly backAfter: number
  /** Events from before the line's return that came afterwards. */
  caughtUp: number
  /** Events that never came. */
  readonly missed: number
}

export interface Panel extends Ledger {
  status: ClientStatus
  /** Milliseconds from event to screen over the last while; `null` before there was any. */
  p50: number | null
  p99: number | null
  recovery: Recovery | null
}

export type PanelsState = Record<TransportName, Panel>

interface Arrival {
  readonly name: TransportName
  readonly events: readonly LabEvent[]
  /** When they were on the screen, by the server's clock. */
  readonly seenAt: number
  readonly cut: LabState['cut']
}

export interface PanelsModule extends Module<PanelsState, RootState> {
  /** The newest delays of each. They are drawn, not watched: thousands of them need not be reactive. */
  readonly delays: PerTransport<Delays>
}

export function createPanels(clock: Pick<ServerClock, 'now'>): PanelsModule {
  const delays = perTransport(createDelays)
  return {
    delays,
    namespaced: true,

    state: () => perTransport(emptyPanel),

    mutations: {
      status(state, { name, status }: { name: TransportName; status: ClientStatus }) {
        state[name].status = status
      },
      arrived(state, arrival: Arrival) {
        arrive(state[arrival.name], arrival)
      },
      measured(state, measured: PerTransport<Pick<Panel, 'p50' | 'p99'>>) {
        for (const name of transportNames) Object.assign(state[name], measured[name])
      },
      reset(state) {
        for (const name of transportNames) {
          const { status } = state[name]
          state[name] = { ...emptyPanel(), status }
          delays[name].clear()
        }
      },
    },

    actions: {
      arrived({ commit, rootState }, { name, events }: Pick<Arrival, 'name' | 'events'>) {
        const seenAt = clock.now()
        for (const { at } of events) delays[name].add({ at, delay: seenAt - at })
        commit('arrived', { name, events, seenAt, cut: rootState.lab.cut })
      },
      overSse: ({ dispatch }, events: readonly LabEvent[]) => dispatch('arrived', { name: 'sse', events }),
      measure({ commit }) {
        const now = clock.now()
        const measured = perTransport((name) => {
          const recent = delays[name].recent(now)
          return { p50: percentile(recent, 0.5), p99: percentile(recent, 0.99) }
        })
        commit('measured', measured)
      },
    },
  }
}

function emptyPanel(): Panel {
  return { ...emptyLedger(), status: 'connecting', p50: null, p99: null, recovery: null }
}

function arrive(panel: Panel, { events, seenAt, cut }: Arrival): void {
  const missedBefore = panel.missed
  for (const { n } of events) enter(panel, n)
  if (cut === null || seenAt < cut.until) return
  if (panel.recovery?.of !== cut.from) {
    panel.recovery = {
      of: cut.from,
      backAfter: seenAt - cut.until,
      caughtUp: 0,
      missed: panel.missed - missedBefore,
    }
  }
  panel.recovery.caughtUp += events.filter(({ at }) => at < cut.until).length
}
