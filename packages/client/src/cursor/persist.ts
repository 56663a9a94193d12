/** The methods of a `Storage` that the client uses. If one throws, the cursor is not stored, and the client continues. */
export interface StorageLike {
  getItem(key: string): string | null
  setItem(key: string, value: string): void
}

/** The page's `sessionStorage` (one tab, across reloads), its `localStorage` (until it is cleared), or a storage of the app. */
export type PersistStorage = 'session' | 'local' | StorageLike

/** Where the cursor is stored, and under which key. */
export type PersistOption = PersistStorage | StorageAndKey

interface StorageAndKey {
  readonly storage: PersistStorage
  /** Names the stream and its user in the storage. Default: the URL. */
  readonly key?: string | number | undefined
}

/** Stores one cursor. */
export interface CursorStore {
  read(): string | undefined
  write(cursor: string): void
}

/**
 * Stores the cursor of one stream and one user under its `key` or, without one, under the URL. A URL whose query changes, as with a token in
 * it, needs a key. A storage that is missing, forbidden, broken or full stores nothing.
 */
export function createCursorStore(persist: PersistOption | undefined, url: string): CursorStore {
  // A `Storage` has no property `storage`, so this also tells it from an object of options.
  const { storage = persist as PersistStorage | undefined, key } = Object(persist) as Partial<StorageAndKey>
  const name = key === undefined ? `sse:url:${url}` : `sse:key:${key}`
  /** If the browser forbids storage, reading the property `sessionStorage` throws. */
  function use<T>(what: (storage: StorageLike) => T): T | undefined {
    try {
      return storage && what(typeof storage === 'string' ? globalThis[`${storage}Storage`] : storage)
    } catch {
      return undefined
    }
  }
  return {
    read: () => use((storage) => storage.getItem(name)) ?? undefined,
    write: (cursor) => use((storage) => storage.setItem(name, cursor)),
  }
}
