import '@sse/testbed/flush-compile-cache'
import { registerHooks } from 'node:module'

/** Loaded before a block is served: the Express that the test asks for, and our package with a log that can be lost. */
const ours = new URL('./sse-express.ts', import.meta.url).href

registerHooks({
  resolve(specifier, context, next) {
    const isOfBlock = context.parentURL?.includes('/.blocks/')
    if (specifier === '@sse/express' && isOfBlock)
      return { url: ours, format: 'module-typescript', shortCircuit: true }
    // The middleware and the block must have the same one.
    if (specifier === 'express')
      return next(process.env['EXPRESS'] ?? 'express', { ...context, parentURL: ours })
    return next(specifier, context)
  },
})
