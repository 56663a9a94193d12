/** What a tab uses of Web Locks. The browser releases a tab's locks when the tab ends, for any reason. */
export interface LocksLike {
  request(
    name: string,
    options: { readonly signal?: AbortSignal; readonly steal?: boolean; readonly ifAvailable?: boolean },
    callback: (lock: unknown) => unknown,
  ): Promise<unknown>
}

export interface ElectionOptions {
  readonly locks: LocksLike
  readonly group: string
  readonly tab: string
  /** The tab is in the group, as a candidate. */
  entered(): void
  elected(): void
  /** Another tab took the lead, because this one did not answer. */
  deposed(): void
  /** Web Locks do not work here. */
  failed(): void
}

/** One tab in the election of the leader, until it calls `leave`. */
export function createElection(options: ElectionOptions) {
  const { locks, group, tab } = options
  const membership = new AbortController()
  let candidacy = new AbortController()
  let leads = false

  /** A new candidacy ends the one before, so the tab waits for the lock once, or holds it. */
  async function stand(steal: boolean): Promise<void> {
    candidacy.abort()
    candidacy = new AbortController()
    const { signal } = candidacy
    try {
      await locks.request(group, steal ? { steal } : { signal }, () => {
        if (signal.aborted) return
        leads = true
        options.elected()
        return ended(signal)
      })
    } catch (error) {
      if (signal.aborted) return
      if (!(error instanceof DOMException && error.name === 'AbortError')) return options.failed()
      if (leads) options.deposed()
      leads = false
      return stand(false)
    }
  }

  // Held until the tab ends, so that a leader can wait for that.
  const presence = locks.request(nameOf(tab), {}, () => {
    if (membership.signal.aborted) return
    options.entered()
    stand(false)
    return ended(membership.signal)
  })
  presence.catch(() => {
    if (!membership.signal.aborted) options.failed()
  })

  function nameOf(role: string): string {
    return `${group} ${role}`
  }

  return {
    leave(): void {
      membership.abort()
      candidacy.abort()
    },
    /**
     * Takes the lead from a leader that does not answer, or takes it up again. If several tabs try, one succeeds. It blocks the others until
     * `settled` resolves.
     */
    steal(settled: () => Promise<void>): void {
      const take = (lock: unknown) => {
        if (!lock || membership.signal.aborted) return
        // This tab already holds the lock. It deferred to a tab that was deposed and did not know it yet.
        if (leads) options.elected()
        else stand(true)
        return settled()
      }
      locks.request(nameOf('thief'), { ifAvailable: true }, take).catch(() => {})
    },
    /** Calls `gone` when a tab has ended, unless `signal` is aborted first. */
    watch(other: string, gone: () => void, signal: AbortSignal): void {
      locks.request(nameOf(other), { signal }, gone).catch(() => {})
    },
  }
}

/** A lock is held until this settles. */
const ended = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve()))
