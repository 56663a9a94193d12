import { join } from 'node:path'
import tailwindcss from '@tailwindcss/vite'
import vue from '@vitejs/plugin-vue'
import { defaultClientConditions, defineConfig } from 'vite'

export default defineConfig({
  root: join(import.meta.dirname, 'web'),
  plugins: [vue(), tailwindcss()],
  // The packages of this repository are taken as sources: no build before `dev`, hot reload into them too.
  resolve: { conditions: ['@sse/source', ...defaultClientConditions] },
  build: {
    // Nothing as `data:` URLs, so that a strict Content-Security-Policy can do without them.
    assetsInlineLimit: 0,
    emptyOutDir: true,
    // ECharts with the two kinds of charts used here; it comes after the figures are there. kB.
    chunkSizeWarningLimit: 600,
  },
})
