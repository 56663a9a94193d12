/**
 * Preloaded by the processes of Node that tests start. Node writes its compile cache at an orderly end, and tests end most of their
 * processes by SIGKILL.
 */
import { flushCompileCache } from 'node:module'

setTimeout(flushCompileCache, 1_000).unref()
