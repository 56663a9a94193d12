import { checkOptions } from './check-options.ts'
import { checkPayloads } from './check-payload.ts'
import { showInDevtools } from './devtools.ts'
import { noteCreation, noteUse, replaceStream, trackListeners } from './hot-reload.ts'

/** Bundlers replace `process.env.NODE_ENV` by a text. */
declare const process: { readonly env: { readonly NODE_ENV?: string } }

/**
 * Checks and hot reload. Undefined in a production build. Everything that belongs to development is referenced within the condition, so that
 * every bundler removes it there. A page without a bundler has no `process`, and counts as production.
 */
export function development() {
  try {
    if (process.env.NODE_ENV !== 'production')
      return {
        ...{ check, noteCreation, noteUse, replaceStream, checkPayloads, showInDevtools },
        track: trackListeners,
      }
  } catch {
    // There is no `process`.
  }
  return undefined
}

const check = (options: unknown): void => checkOptions(options)
