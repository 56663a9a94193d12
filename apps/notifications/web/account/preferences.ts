/** What one chooses on this device: kept in `localStorage`, and so the same in every tab. */
import { createGlobalState, useColorMode, useLocalStorage } from '@vueuse/core'
import type { Grouping } from '../inbox/list/groups.ts'

export type Theme = 'auto' | 'light' | 'dark'

export const themes: readonly Theme[] = ['auto', 'light', 'dark']

/** Light, dark, or as the system has it; an attribute of the document, for the style sheet. */
export const useTheme = createGlobalState(() => {
  const mode = useColorMode({ attribute: 'data-theme', storageKey: 'theme', disableTransition: false })
  return { chosen: mode.store, shown: mode.state }
})

export const useSound = createGlobalState(() => useLocalStorage('sound', false))

export const useDesktop = createGlobalState(() => useLocalStorage('desktop', false))

export const useGrouping = createGlobalState(() => useLocalStorage<Grouping>('grouping', 'day'))
