import { basename } from 'node:path'

/**
 * What TypeScript says of CommonJS modules that import our packages, by version and by the settings that apps have: those that it takes,
 * and the codes of its errors with the others.
 */
const isShort = process.argv.includes('short')
const settings = {
  'typescript-5.8': ['node16/node16', 'nodenext/nodenext'],
  ...(!isShort && { 'typescript-5.9': ['node20/nodenext'] }),
  typescript: ['node16/node16', 'node18/node16', 'nodenext/nodenext', 'commonjs/bundler'].filter(
    (pair) => !isShort || !pair.startsWith('node18'),
  ),
}

const files = ['static.cts', 'dynamic.cts']
const said = Object.fromEntries(files.map((file) => [file, { taken: [], refused: {} }]))
for (const [version, pairs] of Object.entries(settings)) {
  const { default: ts } = await import(version)
  for (const pair of pairs) {
    const [module, moduleResolution] = pair.split('/')
    const { options, errors } = ts.convertCompilerOptionsFromJson(
      { module, moduleResolution, strict: true, noEmit: true, skipLibCheck: true, types: ['node'] },
      import.meta.dirname,
    )
    const program = ts.createProgram(files, options)
    for (const source of program.getSourceFiles().filter(({ fileName }) => /\.cts$/.test(fileName))) {
      if (source.isDeclarationFile) continue
      const found = [...errors, ...program.getOptionsDiagnostics(), ...program.getSemanticDiagnostics(source)]
      const codes = [...new Set(found.map(({ code }) => code))]
      const { taken, refused } = said[basename(source.fileName)]
      const name = `${ts.versionMajorMinor} ${module}`
      if (codes.length === 0) taken.push(name)
      else refused[name] = codes
    }
  }
}
console.log(JSON.stringify(said))
