/** What is used of Web Locks. The browser lets go of a tab's locks when the tab ends, however it ends. */
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
  robbed(): void
  /** There are no locks here. */
  failed(): void
}

/** The part of one tab in deciding who leads. Over when `leave` is called. */
export interface Election {
  leave(): void
  /**
   * Takes the lead from a leader that does not answer, or takes it up again. Of several tabs that want to, one does, and keeps the others
   * off for as long as `settled` takes.
   */
  steal(settled: () => Promise<void>): void
  /** Calls `gone` when a tab has ended, unless `signal` comes first. */
  watch(tab: string, gone: () => void, signal: AbortSignal): void
}

export function createElection(options: ElectionOptions): Election {
  const { locks, group, tab } = options
  const membership = new AbortController()
  let candidacy = new AbortController()
  let leads = false

  /** A new candidacy ends the one before: the tab waits for the lock once, or holds it. */
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
      if (leads) options.robbed()
      leads = false
      return stand(false)
    }
  }

  // Held for as long as the tab is there, so that a leader can wait for its end.
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
    leave() {
      membership.abort()
      candidacy.abort()
    },
    steal(settled) {
      const take = (lock: unknown) => {
        if (!lock || membership.signal.aborted) return
        // It has the lead, and left it to a tab that thought to have it: one that was robbed before it knew.
        if (leads) options.elected()
        else stand(true)
        return settled()
      }
      locks.request(nameOf('thief'), { ifAvailable: true }, take).catch(() => {})
    },
    watch(other, gone, signal) {
      locks.request(nameOf(other), { signal }, gone).catch(() => {})
    },
  }
}

/** A lock is held until this settles. */
const ended = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve()))
