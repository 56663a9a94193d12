import type { Server } from 'node:http'
import type { LabApp } from './app.ts'
import type { Page } from './page.ts'

interface Parts {
  readonly server: Server
  readonly lab: LabApp
  readonly page: Page
}

/** Streams first, since an open one keeps the server from closing. A signal that comes twice (a terminal and pnpm both send one) changes nothing. */
export function shutDownOn(signals: readonly NodeJS.Signals[], parts: Parts): void {
  let leaving = false
  for (const signal of signals) {
    process.on(signal, () => {
      if (leaving) return
      leaving = true
      void shutDown(parts).then(
        () => process.exit(0),
        (error: unknown) => {
          console.error(error)
          process.exit(1)
        },
      )
    })
  }
}

async function shutDown({ server, lab, page }: Parts): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  await Promise.all([lab.close(), page.close()])
  server.closeAllConnections()
  await closed
}
