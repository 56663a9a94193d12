import { pageConfig } from '@sse/kit/vite'
import { defineConfig } from 'vite'

export default defineConfig(
  pageConfig(import.meta.dirname, {
    title: 'Transport lab',
    description:
      'Short polling, polling with ETag, long polling, WebSocket and SSE side by side: the same events at the same moments, measured',
  }),
)
