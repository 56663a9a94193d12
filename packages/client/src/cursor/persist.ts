/** What is needed of a `Storage`. It may throw: then nothing is kept, and nothing else happens. */
export interface StorageLike {
  getItem(key: string): string | null
  setItem(key: string, value: string): void
}

/** The page's `sessionStorage` (one tab, over reloads), its `localStorage` (until it is cleared), or one of the app's. */
export type PersistStorage = 'session' | 'local' | StorageLike

/** Where the cursor is kept, and for whom. */
export type PersistOption = PersistStorage | Kept

interface Kept {
  readonly storage: PersistStorage
  /** The name of the stream and its user in the storage. Default: the URL. */
  readonly key?: string | number | undefined
}

/** A place for one text. */
export interface Keep {
  read(): string | undefined
  write(text: string): void
}

/**
 * The place of the cursor of one stream and one user: a `key` names it, else the URL does. A URL whose query changes, as with a token in it,
 * needs a key. A storage that is missing, forbidden, broken or full keeps nothing.
 */
export function createKeep(persist: PersistOption | undefined, url: string): Keep {
  // A storage has no `storage` of its own.
  const { storage = persist as PersistStorage | undefined, key } = Object(persist) as Partial<Kept>
  const name = key === undefined ? `sse:url:${url}` : `sse:key:${key}`
  /** Even to look at the page's own storage throws where it is forbidden. */
  function use<T>(what: (storage: StorageLike) => T): T | undefined {
    try {
      return storage && what(typeof storage === 'string' ? globalThis[`${storage}Storage`] : storage)
    } catch {
      return undefined
    }
  }
  return {
    read: () => use((storage) => storage.getItem(name)) ?? undefined,
    write: (text) => use((storage) => storage.setItem(name, text)),
  }
}
