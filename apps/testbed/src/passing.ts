import type { BrowserContext, Page } from 'playwright-core'
import { type UntilOptions, until } from './until.ts'

/** Elements whose states pass: a message that leaves, an announcement that the next one replaces, a status. */
export interface PassingStates {
  readonly selector: string
  /** Attributes that hold the state, joined by a space. Default: the text of the element. */
  readonly attributes?: readonly string[]
}

interface Passed {
  readonly kind: string
  /** A number of the element on its page. */
  readonly element: number
  readonly state: string
}

/**
 * Records every state that these elements pass through, on every page of the context. A test that looks from outside can come too late: the
 * page has left the state again by then.
 *
 * @param kinds the states by a name, which {@link passed} is asked for
 */
export async function recordPassing(
  context: BrowserContext,
  kinds: Readonly<Record<string, PassingStates>>,
): Promise<void> {
  await context.addInitScript((kinds) => {
    const record: Passed[] = []
    Object.assign(window, { passing: record })
    const watched = Object.entries(kinds).map(([kind, states]) => ({
      ...{ kind, ...states },
      last: new WeakMap<Element, string>(),
    }))
    const numbers = new WeakMap<Element, number>()
    let count = 0
    function numberOf(element: Element): number {
      if (!numbers.has(element)) numbers.set(element, ++count)
      return numbers.get(element) ?? 0
    }
    const attributeFilter = watched.flatMap(({ attributes = [] }) => attributes)
    function look(): void {
      for (const { kind, selector, attributes, last } of watched) {
        for (const element of document.querySelectorAll(selector)) {
          const state = attributes
            ? attributes.map((name) => element.getAttribute(name) ?? '').join(' ')
            : (element.textContent ?? '').trim()
          if (last.get(element) === state) continue
          last.set(element, state)
          if (state !== '') record.push({ kind, element: numberOf(element), state })
        }
      }
    }
    // It is called after every task that changed the page, so no state that was rendered escapes it.
    new MutationObserver(look).observe(document, {
      ...{ childList: true, characterData: true, subtree: true },
      ...(attributeFilter.length > 0 && { attributeFilter }),
    })
  }, kinds)
}

/**
 * Waits until the page has passed through this state, or is in it. Each state counts once: asked again, this waits for the next one. What the same
 * element passed before it counts no more.
 *
 * @throws Error when it does not happen in time
 */
export async function passed(
  page: Page,
  kind: string,
  wanted: string | RegExp,
  options?: UntilOptions,
): Promise<void> {
  const pattern = typeof wanted === 'string' ? undefined : wanted.source
  await until(
    () =>
      page.evaluate(
        ({ kind, wanted, pattern }) => {
          const record = (window as unknown as { passing: Passed[] }).passing
          const fits = (state: string) =>
            pattern === undefined ? state === wanted : new RegExp(pattern).test(state)
          const at = record.findIndex((entry) => entry.kind === kind && fits(entry.state))
          if (at === -1) return false
          const isOver = (entry: Passed) => entry.kind === kind && entry.element === record[at]?.element
          const rest = record.filter((entry, index) => index > at || !isOver(entry))
          record.splice(0, record.length, ...rest)
          return true
        },
        { kind, wanted: String(wanted), pattern },
      ),
    options,
  )
}

/** The states of a kind that the page has passed through and that did not count yet. They do not count any more. */
export function takePassed(page: Page, kind: string): Promise<string[]> {
  return page.evaluate((kind) => {
    const record = (window as unknown as { passing: Passed[] }).passing
    const taken = record.filter((entry) => entry.kind === kind)
    record.splice(0, record.length, ...record.filter((entry) => entry.kind !== kind))
    return taken.map(({ state }) => state)
  }, kind)
}
