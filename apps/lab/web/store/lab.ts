/** The lab as the server tells it, and the orders to it. */
import type { Module } from 'vuex'
import type { Lab, LabState } from '../../shared/lab.ts'
import type { Change } from '../../shared/settings.ts'
import { type Api, ApiError } from '../api.ts'
import type { RootState } from './state.ts'

export interface LabModuleState extends LabState {
  /** Why the last order was refused; `null` when it was not. */
  refusal: string | null
}

export function createLab(api: Api, { state: first }: Lab): Module<LabModuleState, RootState> {
  return {
    namespaced: true,

    state: () => ({ ...first, refusal: null }),

    mutations: {
      told(state, told: LabState) {
        Object.assign(state, told)
      },
      refused(state, refusal: string | null) {
        state.refusal = refusal
      },
    },

    actions: {
      /** Another run is another count: what the panels have counted so far is of the last one. */
      told({ commit, state }, told: LabState) {
        if (told.run !== state.run) commit('panels/reset', undefined, { root: true })
        commit('told', told)
      },

      /** An order that is refused leaves everything as it is, and says why. */
      async order({ commit, dispatch }, ask: () => Promise<LabState>) {
        try {
          await dispatch('told', await ask())
          commit('refused', null)
        } catch (error) {
          if (!(error instanceof ApiError)) throw error
          commit('refused', error.message)
        }
      },
      change: ({ dispatch }, settings: Change) => dispatch('order', () => api.change(settings)),
      run: ({ dispatch }) => dispatch('order', api.run),
      pause: ({ dispatch }) => dispatch('order', api.pause),
      reset: ({ dispatch }) => dispatch('order', api.reset),
      cut: ({ dispatch }, seconds: number) => dispatch('order', () => api.cut(seconds)),
    },
  }
}
