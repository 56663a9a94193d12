/**
 * `node optimize.ts APP`: bundles the packages that the page of an app uses, and ends. Vite would do it in the process of the server, where its
 * bundler keeps 550 MB of native memory for good.
 */
import { optimizeDeps, resolveConfig } from 'vite'
import { developmentConfig } from './vite.ts'

const [app = '.'] = process.argv.slice(2)
// Vite warns that it would do this by itself.
await optimizeDeps(await resolveConfig({ ...developmentConfig(app), logLevel: 'error' }, 'serve'))
