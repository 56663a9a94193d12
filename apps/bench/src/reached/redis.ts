import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, startProcess } from '@sse/testbed'

export interface Redis {
  readonly url: string
  stop(): Promise<void>
}

/** A Redis that keeps nothing on disk. `REDIS_SERVER_PATH` names its program if it is not on the path. @throws Error when it does not start */
export async function startRedis(): Promise<Redis> {
  const directory = mkdtempSync(join(tmpdir(), 'sse-bench-redis-'))
  const remove = () => rmSync(directory, { recursive: true, force: true })
  const port = await freePort()
  const options = { bind: '127.0.0.1', port, dir: directory, save: '', appendonly: 'no' }
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)])
  try {
    const redis = await startProcess(process.env['REDIS_SERVER_PATH'] ?? 'redis-server', args, {
      ready: /Ready to accept connections/,
    })
    return {
      url: `redis://127.0.0.1:${port}`,
      async stop() {
        await redis.kill()
        remove()
      },
    }
  } catch (error) {
    remove()
    throw error
  }
}
