/** What the lists of an app have loaded on the server. Plain data. */
export interface DehydratedSse {
  /** The oldest position of the lists. The browser connects there. */
  readonly lastEventId?: string
  /** By the name of the list. */
  readonly lists: Readonly<Record<string, DehydratedList>>
}

export interface DehydratedList {
  readonly items: readonly unknown[]
  /** Missing if it cannot be ordered with those of the other lists. The browser then loads the list again. */
  readonly position?: string
}

/** What the lists of a stream bring from a server render, and what they give to it. */
export interface Hydration {
  /** Where the browser connects first. */
  readonly lastEventId?: string
  /** Of the page. Each is taken once. */
  readonly lists: Record<string, DehydratedList>
  /** For each app, or root instance of Vue 2.7, that is rendered on the server. */
  readonly renderings: WeakMap<
    object,
    { lastEventId?: string; readonly lists: Record<string, DehydratedList> }
  >
}
