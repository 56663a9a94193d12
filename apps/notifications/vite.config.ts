import { pageConfig } from '@sse/kit/vite'
import { defineConfig } from 'vite'
import { noncePlaceholder } from './shared/csp-nonce.ts'

export default defineConfig(
  pageConfig(
    import.meta.dirname,
    { title: 'Herald', description: 'Notifications that arrive the moment they are sent' },
    {
      // The server puts the nonce of each answer in its place.
      html: { cspNonce: noncePlaceholder },
      // Every browser that runs this page preloads modules by itself.
      build: { modulePreload: { polyfill: false } },
    },
  ),
)
