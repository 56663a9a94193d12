/** Bundles each of the entries that are given, by itself, and tells what webpack says. */
import { join } from 'node:path'
import webpack from 'webpack'

const entries = process.argv.slice(2)
const entry = Object.fromEntries(entries.map((name) => [name.replaceAll('/', '-'), name]))
const compiler = webpack({
  ...{ mode: 'production', context: import.meta.dirname, entry },
  output: { path: join(import.meta.dirname, 'built-entries') },
  // The page is minimized already; here that would take most of the time. So webpack must not say that these are large.
  optimization: { minimize: false },
  performance: false,
})
compiler.run((failure, stats) => {
  if (failure) throw failure
  const { errors, warnings } = stats.toJson({ all: false, errors: true, warnings: true })
  console.log(JSON.stringify([...errors, ...warnings].map((problem) => problem.message ?? problem)))
  compiler.close?.(() => {})
})
