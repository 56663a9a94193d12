/** The languages of a page. Texts are functions and plain strings, so the compiler sees what is missing in a language. */
import { createGlobalState, useLocalStorage } from '@vueuse/core'
import { type ComputedRef, computed, type Ref, watchEffect } from 'vue'

export const languages = ['en', 'ko'] as const
export type Language = (typeof languages)[number]

/** Each in its own words. */
export const languageNames: Readonly<Record<Language, string>> = { en: 'English', ko: '한국어' }

const isLanguage = (value: string): value is Language => Object.hasOwn(languageNames, value)

/** The language chosen here before, else that of the browser. It is also the `lang` of the document. */
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

/** The texts of an app, in the language chosen. */
export function wordsOf<Words>(texts: Readonly<Record<Language, Words>>): () => ComputedRef<Words> {
  return function useWords() {
    const language = useLanguage()
    return computed(() => texts[language.value])
  }
}
