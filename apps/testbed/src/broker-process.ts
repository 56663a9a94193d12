import { fileURLToPath } from 'node:url'
import { type RunningProcess, startProcess } from './process.ts'

/**
 * Starts `broker-server.ts` in a process of its own.
 *
 * @param broker the module that makes the broker
 * @param args of the broker
 */
export function startBrokerServer(broker: URL, port: number, ...args: string[]): Promise<RunningProcess> {
  const program = fileURLToPath(new URL('broker-server.ts', import.meta.url))
  return startProcess(
    process.execPath,
    ['--conditions=@sse/source', program, broker.href, String(port), ...args],
    { ready: /listening on/ },
  )
}
