import { createRequire } from 'node:module'
import ts from 'typescript'
import type { Plugin } from 'vite'
import * as sfc3 from 'vue/compiler-sfc'
import type { PairName } from './project.ts'

/** Compiles `.vue` files by the compiler that comes with the Vue of the pair. */
export function singleFileComponents(pair: PairName): Plugin {
  const compile = pair === 'Vue 3' ? compile3 : compile2
  return {
    name: 'single-file-components',
    transform(source, id) {
      if (!id.endsWith('.vue')) return undefined
      const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 }
      return { code: ts.transpileModule(compile(source, id), { compilerOptions }).outputText, map: null }
    },
  }
}

function compile3(source: string, filename: string): string {
  const { descriptor } = sfc3.parse(source, { filename })
  return sfc3.compileScript(descriptor, { id: 'component', inlineTemplate: true }).content
}

function compile2(source: string, filename: string): string {
  const descriptor = sfc2.parse({ source, filename })
  const script = sfc2.compileScript(descriptor, { id: 'component', isProd: true })
  const template = sfc2.compileTemplate({
    source: descriptor.template.content,
    filename,
    bindings: script.bindings,
    isProduction: true,
  })
  return `${sfc2.rewriteDefault(script.content, 'component', ['typescript'])}
${template.code}
component.render = render
component.staticRenderFns = staticRenderFns
export default component`
}

/** Its own types want packages that are not there. */
interface Compiler2 {
  parse(options: { source: string; filename: string }): { template: { content: string } }
  compileScript(descriptor: object, options: object): { content: string; bindings: object }
  compileTemplate(options: object): { code: string }
  rewriteDefault(source: string, name: string, plugins: readonly string[]): string
}

const sfc2: Compiler2 = createRequire(import.meta.url)('vue2/compiler-sfc')
