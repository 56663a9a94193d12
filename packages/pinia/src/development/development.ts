import { parts, provideParts } from '@sse/vue/internal'
import { checkStoreOptions, checkStream } from './check-options.ts'
import { warnWithoutPinia } from './warnings.ts'

/** Bundlers replace `process.env.NODE_ENV` by a text. */
declare const process: { readonly env: { readonly NODE_ENV?: string } }

// A page in development has all parts at once, so that nothing has to wait, as in tests.
if (typeof process !== 'undefined' && process.env.NODE_ENV !== 'production') provideParts(parts)

/**
 * The checks of a store's options, and warnings. Undefined in a production build. They are referenced within the condition, so that every bundler removes
 * them there. A page without a bundler has no `process`, and counts as production.
 */
export function development() {
  try {
    if (process.env.NODE_ENV !== 'production') return { checkStoreOptions, checkStream, warnWithoutPinia }
  } catch {
    // There is no `process`.
  }
  return undefined
}
