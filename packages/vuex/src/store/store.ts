/** What the plugin uses of a Vuex store, 3 or 4. Structural, because the types of `vuex` do not resolve under every setting. */
export interface StoreLike {
  readonly state: unknown
  commit(type: string, payload?: unknown): void
  dispatch(type: string, payload?: unknown): Promise<unknown>
  /** Calls `listener` after every mutation, and returns a function that removes it. */
  subscribe(listener: (mutation: { readonly type: string }) => void): () => void
  registerModule(path: string, module: object): void
  unregisterModule(path: string): void
  hasModule(path: string): boolean
}
