import { ServerResponse } from 'node:http'

/**
 * Wraps `write` of every response, as tracers do, so that nothing goes straight to the socket. The test project `wrapped write` runs all tests
 * of the middleware with this once more, the servers that they start in processes of their own included.
 */
const write = ServerResponse.prototype.write

// Vitest runs this before each file of a worker; one wrapping is enough.
if (!('isWrapped' in write)) {
  const wrapped = function (this: ServerResponse, ...args: Parameters<typeof write>) {
    return write.apply(this, args)
  } as typeof write
  ServerResponse.prototype.write = Object.assign(wrapped, { isWrapped: true })
}

const forChildren = `--import=${import.meta.url}`
if (!process.env['NODE_OPTIONS']?.includes(forChildren)) {
  process.env['NODE_OPTIONS'] = `${process.env['NODE_OPTIONS'] ?? ''} ${forChildren}`.trim()
}
