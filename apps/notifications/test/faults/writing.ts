import { setTimeout as delay } from 'node:timers/promises'
import type { Page, Request } from 'playwright-core'
import type { Random } from './random.ts'

/** What was written on a page, by its form, whether there was a server or not. */
export interface Writing {
  readonly titles: readonly string[]
  /** Resolves once something waits in the outbox. */
  waits(): Promise<void>
  /** No more is begun; resolves when nothing waits in the outbox any more. */
  stop(): Promise<void>
}

export function startWriting(page: Page, random: Random): Writing {
  const titles: string[] = []
  const requests = new Map<Request, number>()
  page.on('request', (request) => requests.set(request, performance.now()))
  for (const end of ['requestfinished', 'requestfailed'] as const)
    page.on(end as 'requestfinished', (request) => void requests.delete(request))
  let stopped = false
  const done = write()
  done.catch(() => {})
  return {
    titles,
    // The writing ends only when it fails, and then says why.
    waits: () => Promise.race([done, page.getByTestId('outbox').waitFor()]),
    async stop() {
      stopped = true
      await done
      await page.getByTestId('outbox').waitFor({ state: 'detached', timeout: 120_000 })
    },
  }

  async function write(): Promise<void> {
    const title = page.getByRole('textbox', { name: 'Title' })
    for (let number = 1; !stopped; number++) {
      const text = `Written ${number}`
      await title.fill(text)
      titles.push(text)
      await title.press('Enter')
      // Empty again: it was sent, or it waits.
      await page
        .waitForFunction(() => document.querySelector<HTMLInputElement>('#send input')?.value === '')
        .catch(async (cause) => {
          const open = [...requests].map(
            ([request, at]) =>
              `${request.method()} ${request.url()} for ${Math.round(performance.now() - at)} ms`,
          )
          const shows = await page.locator('body').textContent()
          throw new Error(`${text} stays in its form; ${open.join()} are not answered: ${shows}`, { cause })
        })
      await delay(random.between(200, 1000))
    }
  }
}
