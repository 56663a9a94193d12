import { ServerResponse } from 'node:http'
import { register } from 'node:module'
import { context, SpanKind, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { registerInstrumentations } from '@opentelemetry/instrumentation'
import { ExpressInstrumentation, ExpressLayerType } from '@opentelemetry/instrumentation-express'
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http'
import { type SpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import type { Request } from 'express'
import { seen } from './seen.ts'
import { whenStreamOpens } from './when-stream-opens.ts'

register('@opentelemetry/instrumentation/hook.mjs', import.meta.url)
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
const processor: SpanProcessor = {
  onStart() {},
  onEnd({ name, kind }) {
    seen.spans.push({ name, kind: kind === SpanKind.SERVER ? 'request' : 'layer' })
  },
  forceFlush: async () => {},
  shutdown: async () => {},
}
trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [processor] }))

// A stream may be open for hours. Its spans end when it opens, and say how long that took.
const http = new HttpInstrumentation({
  responseHook(span, response) {
    if (!(response instanceof ServerResponse)) return
    whenStreamOpens(response, () => {
      const { method, baseUrl, route } = response.req as Request
      span.updateName(`${method} ${baseUrl}${route.path}`)
      span.setAttribute('http.response.status_code', response.statusCode)
      span.end()
    })
  },
})
const express = new ExpressInstrumentation({
  requestHook(span, { request, layerType }) {
    if (layerType === ExpressLayerType.REQUEST_HANDLER) whenStreamOpens(request.res, () => span.end())
  },
})
registerInstrumentations({ instrumentations: [http, express] })
