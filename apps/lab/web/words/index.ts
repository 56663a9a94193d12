import { createGlobalState, useLocalStorage } from '@vueuse/core'
import { type ComputedRef, computed, type Ref, watchEffect } from 'vue'
import { en, type Words } from './en.ts'
import { ko } from './ko.ts'

export type { Words }

export const languages = { en, ko } as const satisfies Record<string, Words>
export type Language = keyof typeof languages

const isLanguage = (value: string): value is Language => Object.hasOwn(languages, value)
const preferred = navigator.language.startsWith('ko') ? 'ko' : 'en'

/** The language chosen here before, else the browser's. */
export const useLanguage: () => Ref<Language> = createGlobalState(() => {
  const stored = useLocalStorage<string>('language', preferred)
  const language = computed<Language>({
    get: () => (isLanguage(stored.value) ? stored.value : preferred),
    set: (value) => {
      stored.value = value
    },
  })
  watchEffect(() => {
    document.documentElement.lang = language.value
  })
  return language
})

export function useWords(): ComputedRef<Words> {
  const language = useLanguage()
  return computed(() => languages[language.value])
}
