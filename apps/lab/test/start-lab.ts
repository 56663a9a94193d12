import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { allowHosts, createServerFor } from '@sse/kit'
import { until } from '@sse/testbed'
import { onTestFinished } from 'vitest'
import { startLabApp } from '../server/app.ts'
import type { Lab } from '../server/lab.ts'
import { type PerTransport, perTransport, transportPath } from '../shared/lab.ts'

export interface TestLab {
  readonly lab: Lab
  readonly origin: string
  /** Where each transport is. */
  readonly urls: PerTransport<string>
  /** Opens the stream of a page, without which nothing happens; resolves once the lab knows of it. */
  watch(): Promise<{ leave(): void }>
}

/** The whole lab on free ports of this machine, as the process starts it, without a page. */
export async function startTestLab(): Promise<TestLab> {
  const host = '127.0.0.1'
  const allowedHosts = allowHosts([])
  const started = await startLabApp({ ports: perTransport(() => 0), host, allowedHosts })
  const server = createServerFor(allowedHosts, started.app).listen(0, host)
  await once(server, 'listening')
  onTestFinished(async () => {
    await started.close()
    server.close()
    server.closeAllConnections()
  })
  const { lab } = started
  const origin = `http://${host}:${(server.address() as AddressInfo).port}`
  return {
    lab,
    origin,
    urls: perTransport((name) => `http://${host}:${lab.ports[name]}${transportPath[name]}`),
    async watch() {
      const page = new AbortController()
      const before = lab.state().published
      const stream = await fetch(`${origin}/api/stream`, { signal: page.signal })
      stream.text().catch(() => {})
      if (lab.state().running) await until(() => lab.state().published > before)
      return { leave: () => page.abort() }
    },
  }
}
