import { checkOptions } from './check-options.ts'
import { attachReloadable, noteCreation } from './hot-reload.ts'

/** Bundlers put a text in the place of `process.env.NODE_ENV`. */
declare const process: { readonly env: { readonly NODE_ENV?: string } }

/** Checks, warnings and hot reload: what only development needs. */
interface Development {
  readonly attach: typeof attachReloadable
  /** @throws SseError `invalid-option` */
  created(options: object): void
}

/**
 * Nothing in a production build. All that it leads to is named within the condition, so that every bundler leaves it out there. A page without
 * a bundler has no `process`, and is taken for production.
 */
export function development(): Development | undefined {
  try {
    if (process.env.NODE_ENV !== 'production') return { attach: attachReloadable, created }
  } catch {
    // There is no `process`.
  }
  return undefined
}

function created(options: object): void {
  checkOptions(options)
  noteCreation(options)
}
