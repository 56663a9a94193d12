import type { Adapter, RuntimeApp, RuntimeServer } from '@sse/testbed/adapter'
import { adapterSuite } from '@sse/testbed/adapters'
import { appOf } from '../routes.ts'

// Runs within Bun or Deno, on the server that the runtime brings. `runtimes.test.ts` starts it.
interface ServeOptions {
  readonly port: 0
  readonly hostname: '127.0.0.1'
}
type Answer = (request: Request) => Promise<Response>
declare const Bun:
  | {
      serve(options: ServeOptions & { idleTimeout: 0; fetch: Answer }): {
        readonly port: number
        stop(closeActiveConnections?: boolean): Promise<void>
      }
    }
  | undefined
declare const Deno: {
  serve(
    options: ServeOptions & { onListen(): void },
    answer: Answer,
  ): { readonly addr: { readonly port: number }; shutdown(): Promise<void>; unref(): void }
}

const where: ServeOptions = { port: 0, hostname: '127.0.0.1' }

function listen(answer: Answer): RuntimeServer {
  if (typeof Bun !== 'undefined') {
    const server = Bun.serve({ ...where, idleTimeout: 0, fetch: answer })
    return { port: server.port, stop: () => server.stop(), release: () => void server.stop(true) }
  }
  const server = Deno.serve({ ...where, onListen() {} }, answer)
  return { port: server.addr.port, stop: () => server.shutdown(), release: () => server.unref() }
}

const runtime: Adapter<RuntimeApp> = {
  name: typeof Bun === 'undefined' ? 'Deno' : 'Bun',
  create(setup) {
    const { answer, close } = appOf(setup)
    return { listen: () => listen(answer), close }
  },
}

adapterSuite(runtime)
