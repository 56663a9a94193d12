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
