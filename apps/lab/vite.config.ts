import { pageConfig } from '@sse/kit/vite'
import { defineConfig } from 'vite'

export default defineConfig(pageConfig(import.meta.dirname))
