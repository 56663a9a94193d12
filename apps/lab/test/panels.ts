import type { Page } from 'playwright-core'
import type { PerTransport } from '../shared/lab.ts'
import { perTransport } from '../shared/lab.ts'

/** What a panel of the page says. */
export interface SeenPanel {
  readonly status: string
  readonly published: number
  readonly received: number
  readonly missed: number
  readonly repeated: number
  readonly last: number
  readonly median: number
  readonly requests: number
  readonly notModified: number
  readonly requestsPerEvent: number
  readonly bytesPerEvent: number
}

export async function readPanels(page: Page): Promise<PerTransport<SeenPanel>> {
  const panels = await page
    .locator('[data-transport]')
    .evaluateAll((elements) => elements.map((element) => ({ ...(element as HTMLElement).dataset })))
  const of = (name: string) => panels.find(({ transport }) => transport === name) ?? {}
  const number = (text: string | undefined) => (text === undefined ? Number.NaN : Number(text))
  return perTransport((name): SeenPanel => {
    const data = of(name)
    return {
      status: data['status'] ?? 'absent',
      published: number(data['published']),
      received: number(data['received']),
      missed: number(data['missed']),
      repeated: number(data['repeated']),
      last: number(data['last']),
      median: number(data['median']),
      requests: number(data['requests']),
      notModified: number(data['notModified']),
      requestsPerEvent: number(data['requestsPerEvent']),
      bytesPerEvent: number(data['bytesPerEvent']),
    }
  })
}
