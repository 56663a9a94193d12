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
  readonly key: string
}

/** A place for one text. */
export interface Keep {
  read(): string | null | undefined
  write(text: string): void
}

/** The place of the cursor of one URL and one user. A storage that is missing, forbidden, broken or full keeps nothing. */
export function createKeep(persist: PersistOption | undefined, url: URL): Keep {
  // A storage has no `storage` of its own.
  const { storage = persist as PersistStorage | undefined, key = '' } = Object(persist) as Partial<Kept>
  const name = `sse:${key}:${url}`
  /** Even to look at the page's own storage throws where it is forbidden. */
  function use<T>(what: (storage: StorageLike) => T): T | undefined {
    try {
      return storage && what(typeof storage === 'string' ? globalThis[`${storage}Storage`] : storage)
    } catch {
      return undefined
    }
  }
  return {
    read: () => use((storage) => storage.getItem(name)),
    write: (text) => use((storage) => storage.setItem(name, text)),
  }
}
