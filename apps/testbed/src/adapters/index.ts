import { describe } from 'vitest'
import type { Adapter } from './adapter.ts'
import { channelTests, queryTests } from './channels.ts'
import { featureTests } from './features.ts'
import { headTests } from './heads.ts'
import { limitTests } from './limits.ts'
import { originTests } from './origins.ts'
import { pollTests } from './polls.ts'
import { slowClientTests } from './slow-clients.ts'
import { streamTests } from './streams.ts'

/**
 * Defines the tests of behaviour that every package with streams for a framework passes, on each of its frameworks. Bun runs them with its own
 * runner, which has no `expect.poll`: they wait by `until`.
 */
export function adapterSuite(adapter: Adapter): void {
  describe(`on ${adapter.name}`, () => {
    streamTests(adapter)
    channelTests(adapter)
    queryTests(adapter)
    limitTests(adapter)
    originTests(adapter)
    pollTests(adapter)
    headTests(adapter)
    featureTests(adapter)
    slowClientTests(adapter)
  })
}
