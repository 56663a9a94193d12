/** Bundles the page by webpack, 5 or 4, as it comes: no loader and no alias. Tells what webpack says, and what there is then. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import webpack from 'webpack'

const built = join(import.meta.dirname, 'built')
const compiler = webpack({
  mode: 'production',
  context: import.meta.dirname,
  entry: './main.js',
  output: { path: built, publicPath: '/' },
  plugins: [
    // Vue asks every bundler for these.
    new webpack.DefinePlugin({
      __VUE_OPTIONS_API__: true,
      __VUE_PROD_DEVTOOLS__: false,
      __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: false,
    }),
  ],
})
compiler.run((failure, stats) => {
  if (failure) throw failure
  const { assets, errors, warnings } = stats.toJson({
    all: false,
    assets: true,
    errors: true,
    warnings: true,
  })
  // In webpack 4 these are texts.
  const said = [...errors, ...warnings].map((problem) => problem.message ?? problem)
  const scripts = assets.map(({ name }) => name)
  // A text of the checks that a production build leaves out.
  const isChecking = scripts.some((name) =>
    readFileSync(join(built, name), 'utf8').includes(' is not an option'),
  )
  console.log(JSON.stringify({ said, scripts, isChecking }))
  compiler.close?.(() => {})
})
