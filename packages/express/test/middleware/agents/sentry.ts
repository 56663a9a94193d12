import { ServerResponse } from 'node:http'
import * as Sentry from '@sentry/node'
import { seen } from './seen.ts'
import { whenStreamOpens } from './when-stream-opens.ts'

const client = Sentry.init({
  dsn: 'https://key@sentry.example/1',
  tracesSampleRate: 1,
  // A stream may be open for hours. Its span ends when it opens, and says how long that took.
  integrations: [
    Sentry.httpIntegration({
      onSpanCreated(span, _request, response) {
        if (response instanceof ServerResponse) whenStreamOpens(response, () => span.end())
      },
    }),
    // The span of the handler lasts as long as the response: leave it out for the routes of streams.
    Sentry.expressIntegration({ ignoreLayers: ['/events', '/failing'] }),
  ],
  transport: () => ({ send: async () => ({}), flush: async () => true }),
})
client?.on('spanEnd', (span) => {
  const { name, attributes } = Sentry.spanToJSON(span)
  seen.spans.push({ name, kind: attributes?.['sentry.op'] === 'http.server' ? 'request' : 'layer' })
})
