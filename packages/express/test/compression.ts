import { randomBytes } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { constants } from 'node:zlib'
import type { RequestHandler, Response } from 'express'

/** What an app may tell the middleware. */
export const compressionOptions = [
  ['as it comes', {}],
  ['with its flush option', { flush: constants.Z_SYNC_FLUSH }],
  ['without a threshold', { threshold: 0 }],
] as const

/** Where it must keep pace with a loop that publishes. */
export const fast = { level: 1, brotli: { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } } } as const

/** What it compresses by. Its `deflate` is the same stream of zlib as its `gzip`, with another head. */
export const encodings = ['gzip', 'br'] as const

const transformable = (value: unknown) => String(value).replace(/,\s*no-transform/i, '')

/** How an app takes `no-transform` away, after which its compression no longer steps aside. */
export const waysToAllowTransforms: readonly (readonly [string, RequestHandler])[] = [
  [
    'when the headers are sent',
    rewriting((response) => {
      const { writeHead } = response
      response.writeHead = function (this: Response, ...head: unknown[]) {
        this.setHeader('Cache-Control', transformable(this.getHeader('Cache-Control')))
        return Reflect.apply(writeHead, this, head)
      } as typeof writeHead
    }),
  ],
  [
    'when the header is set',
    rewriting((response) => {
      const { setHeader } = response
      response.setHeader = function (this: Response, name, value) {
        return setHeader.call(this, name, /^cache-control$/i.test(name) ? transformable(value) : value)
      }
    }),
  ],
]

function rewriting(rewrite: (response: Response) => void): RequestHandler {
  return (_request, response, next) => {
    rewrite(response)
    next()
  }
}

/** Text of about so many bytes that hardly gets smaller when it is compressed. */
export function incompressible(bytes: number): string {
  return randomBytes(Math.ceil((bytes * 3) / 4)).toString('base64')
}

/** Bytes in buffers that are still in use. */
export function bufferedBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  collect()
  // What the first run found is given back by the second.
  collect()
  return process.memoryUsage().arrayBuffers
}

/** Counts what is handed to whatever stands in front of it, by response. */
export function countWritten(): { readonly bytes: readonly number[]; readonly middleware: RequestHandler } {
  const bytes: number[] = []
  const middleware = rewriting((response) => {
    const { write } = response
    const index = bytes.push(0) - 1
    response.write = function (this: Response, ...args: [Uint8Array]) {
      bytes[index]! += args[0].length
      return Reflect.apply(write, this, args)
    } as typeof write
  })
  return { bytes, middleware }
}
