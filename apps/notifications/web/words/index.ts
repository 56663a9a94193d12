import { type Language, useLanguage } from '@sse/kit/web/words.ts'
import { createGlobalState } from '@vueuse/core'
import { type ComputedRef, computed, shallowReactive, watch } from 'vue'
import { en, type Words } from './en.ts'

export type { Words }

/** The languages that are loaded. English comes with the page, another one when it is wanted. */
const texts = shallowReactive<Partial<Record<Language, Words>> & { en: Words }>({ en })

async function load(language: Language): Promise<void> {
  if (language === 'ko') texts.ko ??= (await import('./ko.ts')).ko
}

/** Before anything is shown, so that it is shown in the right language at once. Without it there is English. */
export const loadWords = (): Promise<void> => load(useLanguage().value).catch(() => {})

/** What the page says, in the language chosen. */
export const useWords: () => ComputedRef<Words> = createGlobalState(() => {
  const language = useLanguage()
  watch(language, (wanted) => void load(wanted).catch(() => {}))
  return computed(() => texts[language.value] ?? texts.en)
})
