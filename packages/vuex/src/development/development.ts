import {
  checkListener,
  checkMethods,
  noteCreation,
  noteUse,
  parts,
  provideParts,
  replaceStream,
  showInDevtools,
  trackListeners,
} from '@sse/vue/internal'
import { checkNamespace, checkOptions } from './check-options.ts'
import { warnOfMissingResync, warnOfMissingStore, warnOfUnmappedEvents } from './warnings.ts'

/** Bundlers replace `process.env.NODE_ENV` by a text. */
declare const process: { readonly env: { readonly NODE_ENV?: string } }

// A page in development has all parts at once, so actions take effect at once, as in tests.
try {
  if (process.env.NODE_ENV !== 'production') provideParts(parts)
} catch {
  // There is no `process`.
}

/**
 * Checks, warnings and hot reload. Undefined in a production build. Everything that belongs to development is referenced within the condition, so that every bundler removes it
 * there. A page without a bundler has no `process`, and counts as production.
 */
export function development() {
  try {
    if (process.env.NODE_ENV !== 'production') {
      return {
        ...{ checkOptions, noteCreation, checkMethods, noteUse, replaceStream, track },
        ...{
          checkListener,
          checkNamespace,
          warnOfMissingResync,
          warnOfMissingStore,
          warnOfUnmappedEvents,
          showInDevtools,
        },
      }
    }
  } catch {
    // There is no `process`.
  }
  return undefined
}

/** The warning of unmapped events says more. */
const track: typeof trackListeners = (connection, url) => trackListeners(connection, url, false)
