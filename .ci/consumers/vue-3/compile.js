/**
 * What TypeScript says of CommonJS modules that import our packages, by version and by the settings that apps have: those that it takes,
 * and the codes of its errors with the others.
 */
const versions = ['typescript-5.8', 'typescript-5.9', 'typescript']
const settings = [
  'node16/node16',
  'node18/node16',
  'node20/nodenext',
  'nodenext/nodenext',
  'commonjs/bundler',
]
/** A value, or a pair of values, that a version does not know yet. */
const notYet = [6046, 5095]

const said = {}
for (const file of ['static.cts', 'dynamic.cts']) {
  const taken = []
  const refused = {}
  for (const version of versions) {
    const { default: ts } = await import(version)
    for (const setting of settings) {
      const [module, moduleResolution] = setting.split('/')
      const { options, errors } = ts.convertCompilerOptionsFromJson(
        { module, moduleResolution, strict: true, noEmit: true, skipLibCheck: true, types: ['node'] },
        import.meta.dirname,
      )
      const found = errors.length > 0 ? errors : ts.getPreEmitDiagnostics(ts.createProgram([file], options))
      const codes = [...new Set(found.map(({ code }) => code))]
      const name = `${ts.versionMajorMinor} ${module}`
      if (codes.length === 0) taken.push(name)
      else if (!codes.some((code) => notYet.includes(code))) refused[name] = codes
    }
  }
  said[file] = { taken, refused }
}
console.log(JSON.stringify(said))
