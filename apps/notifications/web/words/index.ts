/** What the page says, in the language chosen. Functions and plain text: the compiler sees what is missing in a language. */
import { createGlobalState, useLocalStorage } from '@vueuse/core'
import { type ComputedRef, computed, type Ref, watchEffect } from 'vue'
import { en, type Words } from './en.ts'
import { ko } from './ko.ts'

export type { Words }

export const languages = { en, ko } as const satisfies Record<string, Words>
export type Language = keyof typeof languages

/** Each in its own words. */
export const languageNames: Record<Language, string> = { en: 'English', ko: '한국어' }

const isLanguage = (value: string): value is Language => Object.hasOwn(languages, value)

/** The language chosen here before, else the browser's. Also the `lang` of the document. */
export const useLanguage: () => Ref<Language> = createGlobalState(() => {
  const preferred: Language = navigator.language.startsWith('ko') ? 'ko' : 'en'
  const stored = useLocalStorage<string>('language', preferred, { writeDefaults: false })
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
