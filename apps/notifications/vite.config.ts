import { join } from 'node:path'
import tailwindcss from '@tailwindcss/vite'
import vue from '@vitejs/plugin-vue'
import { defaultClientConditions, defineConfig } from 'vite'
import { noncePlaceholder } from './shared/csp-nonce.ts'

export default defineConfig({
  root: join(import.meta.dirname, 'web'),
  plugins: [vue(), tailwindcss()],
  // The packages of this repository are taken as sources: no build before `dev`, hot reload into them too.
  resolve: { conditions: ['@sse/source', ...defaultClientConditions] },
  // The server puts the nonce of each answer in its place.
  html: { cspNonce: noncePlaceholder },
  build: {
    // Nothing as `data:` URLs, so that a strict Content-Security-Policy can do without them.
    assetsInlineLimit: 0,
    emptyOutDir: true,
    // The operator's charts, loaded by nobody else.
    chunkSizeWarningLimit: 600,
  },
})
