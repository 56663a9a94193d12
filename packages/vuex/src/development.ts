import { checkOptions } from './check-options.ts'
import { attachReloadable, noteCreation } from './hot-reload.ts'

/** Bundlers put a text in the place of `process.env.NODE_ENV`. */
declare const process: { readonly env: { readonly NODE_ENV?: string } }

const tools = { attach: attachReloadable, created }

/**
 * Checks, warnings and hot reload: what only development needs. Bundlers leave out what cannot be reached, so a production build carries none
 * of it. A page without a bundler has no `process`, and is taken for production.
 */
export function development(): typeof tools | undefined {
  try {
    if (process.env.NODE_ENV === 'production') return undefined
    return tools
  } catch {
    return undefined
  }
}

/** @throws SseError `invalid-option` */
function created(options: object): void {
  checkOptions(options)
  noteCreation(options)
}
