import { join } from 'node:path'
import { type RunningProcess, startProcess } from '@sse/testbed'

const app = join(import.meta.dirname, '..')

export interface TestServer {
  readonly origin: string
  readonly process: RunningProcess
}

/** The real process, on free ports unless a first one is given. */
export async function startServer(mode: 'development' | 'production', port = 0): Promise<TestServer> {
  const process_ = await startProcess(process.execPath, ['--conditions=@sse/source', 'server/main.ts'], {
    cwd: app,
    env: { NODE_ENV: mode, PORT: String(port), HOST: undefined },
    ready: /Transport lab: (http:\S+)/,
  })
  return { origin: process_.ready[1]!, process: process_ }
}
