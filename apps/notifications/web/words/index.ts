import { wordsOf } from '@sse/kit/web/words.ts'
import { en, type Words } from './en.ts'
import { ko } from './ko.ts'

export type { Words }

/** What the page says. */
export const useWords = wordsOf<Words>({ en, ko })
