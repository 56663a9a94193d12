import type { Server } from 'node:http'
import type { Page } from '@sse/kit'
import type { LabApp } from './app.ts'

interface Parts {
  readonly server: Server
  readonly lab: LabApp
  readonly page: Page
}

/** Streams first, since an open one keeps the server from closing. */
export async function shutDown({ server, lab, page }: Parts): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  await Promise.all([lab.close(), page.close()])
  server.closeAllConnections()
  await closed
}
