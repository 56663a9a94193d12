import type { Session } from '../stream/session.ts'
import { checkChannel, checkList, checkListener, checkShell, checkStream } from './check-composables.ts'
import { checkDehydrate, checkMethods } from './check-methods.ts'
import { checkOptions } from './check-options.ts'
import { showInDevtools } from './devtools.ts'
import { noteCreation, noteInstall, noteUse, replaceStream, trackListeners } from './hot-reload.ts'

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
        ...{ check, checkDehydrate, checkMethods, noteCreation, noteInstall, replaceStream, entered },
        ...{ checkChannel, checkList, checkListener, checkShell, checkStream },
        track: trackListeners,
      }
  } catch {
    // There is no `process`.
  }
  return undefined
}

const check = (options: unknown): void => checkOptions(options)

/** An app with this stream was mounted. */
function entered(session: Session, namespace: string, app: object): void {
  noteUse(session)
  showInDevtools(session, namespace, app)
}
