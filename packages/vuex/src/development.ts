import type { SseResyncCause } from './resync.ts'

/** Bundlers put a text in the place of this expression. */
declare const process: { readonly env: { readonly NODE_ENV?: string } }

/** Says that `resync` is missing where it is needed. In production, and in a page without a bundler, nothing is said. */
export function warnOfMissing(namespace: string, { reason }: SseResyncCause): void {
  try {
    if (process.env.NODE_ENV === 'production') return
    const what = reason === 'gap' ? 'events have been missed' : 'events may have been missed before it opened'
    console.warn(
      `[@sse/vuex] The stream '${namespace}': ${what}. Say by \`resync\` how to load what the app shows, or \`resync: false\` where nothing has to be loaded.`,
    )
  } catch {
    // There is no `process`.
  }
}
