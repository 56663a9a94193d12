import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { compileTemplate, parse } from 'vue/compiler-sfc'
import { type Block, blocksOf } from './markdown.ts'
import { docs, isTranslated, type Page, readmes, root } from './pages.ts'
import { problemsOf, type Unit } from './typescript.ts'

const blocksOfAll = (pages: readonly Page[]) => pages.flatMap(({ path, text }) => blocksOf(path, text))
const all = blocksOfAll([...docs, ...readmes])
const isTyped = ({ language }: Block) => ['ts', 'tsx', 'js', 'vue'].includes(language)

/** The files of a page see each other, one set for each Vue; every other block stands alone. */
function unitsOf(pages: readonly Page[]): Unit[] {
  return pages.flatMap(({ path, text }) => {
    const blocks = blocksOf(path, text).filter(isTyped)
    const slug = path.replace(/\W+/g, '-')
    const project = (isVue2: boolean) =>
      blocks.filter(
        (block) => block.file && (block.isVue2 === isVue2 || !/^\/\/ .*Vue [23]/.test(block.code)),
      )
    const versions = [true, false].filter((isVue2) =>
      project(isVue2).some((block) => block.isVue2 === isVue2),
    )
    const projects = versions.map((isVue2) => ({
      name: `${slug}-${isVue2 ? 2 : 3}`,
      blocks: latest(project(isVue2)),
    }))
    const alone = blocks
      .filter(({ file }) => !file)
      .map((block) => ({ name: `${slug}-${block.line}`, blocks: [block] }))
    return [...projects, ...alone]
  })
}

/** Of a file that a page writes twice, what it writes last. */
function latest(blocks: readonly Block[]): Block[] {
  return [...new Map(blocks.map((block) => [block.file, block])).values()]
}

describe('the code of the documentation', () => {
  test('type-checks on the pages of the site', { timeout: 120_000 }, () => {
    const pages = docs.filter((page) => !isTranslated(page))
    expect(problemsOf(unitsOf(pages), 'docs')).toEqual([])
  })

  test('type-checks in the READMEs', { timeout: 120_000 }, () => {
    const isOfPages = ({ path }: Page) => /^packages\/(?:client|pinia|vuex?)\//.test(path)
    const ofServers = readmes.filter((page) => !isOfPages(page))
    expect(problemsOf(unitsOf(ofServers), 'server')).toEqual([])
    expect(problemsOf(unitsOf(readmes.filter(isOfPages)), 'page')).toEqual([])
  })

  test('is valid where it is JSON', () => {
    const broken = all.filter(({ language, code }) => language === 'json' && !isJson(code))
    expect(broken.map(({ page, line }) => `${page}:${line}`)).toEqual([])
  })

  test('compiles where it is a template', () => {
    const found = all.filter(({ language }) => language === 'vue').flatMap(templateProblems)
    expect(found).toEqual([])
  })

  test('calls scripts that there are', () => {
    expect(all.filter(({ language }) => language === 'sh').flatMap(missingScripts)).toEqual([])
  })

  test('says what language it is in', () => {
    const unnamed = all.filter(({ language, page }) => !language && page.startsWith('apps/docs/'))
    expect(unnamed.map(({ page, line }) => `${page}:${line}`)).toEqual([])
  })

  test('is the same in Korean', () => {
    const korean = docs.filter(isTranslated)
    expect(korean.length).toBeGreaterThan(0)
    for (const { path, text } of korean) {
      const english = docs.find((page) => page.path === path.replace('/ko/', '/'))
      const codeOf = (page: string) => blocksOf('', page).map(({ file, code }) => [file, code])
      expect([path, codeOf(text)]).toEqual([path, codeOf(english?.text ?? '')])
    }
  })
})

/** A rule that cannot fail holds nothing: each is shown a page that breaks it. */
describe('what must not pass does not', () => {
  const fenced = (code: string, language = 'ts') => `Text\n\n\`\`\`${language}\n${code}\n\`\`\`\n`
  const broken = {
    'a name that is not exported': fenced("import { createHup } from '@sse/express'"),
    'an option that there is not': fenced(
      "import { createHub } from '@sse/core'\ncreateHub({ heartbeet: 5 })",
    ),
    'an argument of a wrong type': fenced("hub.publish(7, 'text')"),
    'a name that nobody declared': fenced('nobody.declared()'),
    'what is no TypeScript': fenced('const = 5'),
    'a wrong name in plain JavaScript': fenced("import { ssse } from '@sse/express'", 'js'),
    'a line that is named as it is in the page':
      'One\n\n<!-- prelude: declare const a: 1\ndeclare const b: 2 -->\n\n```ts\na\nb\nc\n```',
  }

  test('what does not type-check, one page each', () => {
    const pages = Object.entries(broken).map(([path, text]) => ({ path, text }))
    const problems = problemsOf(unitsOf(pages), 'docs')
    const found = Object.keys(broken).filter((path) => problems.some((one) => one.startsWith(`${path}:`)))
    expect(found).toEqual(Object.keys(broken))
    expect(problems.find((one) => one.startsWith('a line'))).toMatch(/^[^:]*:9 /)
  })

  test('a template that does not compile, a script that there is not, JSON that is none', () => {
    const [vue, sh, json] = blocksOf(
      'a.md',
      '```vue\n<template><p v-if="a ="></p></template>\n```\n```sh\npnpm nonsense\n```\n```json\n{,}\n```',
    )
    expect(templateProblems(vue!)).not.toEqual([])
    expect(missingScripts(sh!)).toEqual(['a.md:5 pnpm nonsense'])
    expect(isJson(json!.code)).toBe(false)
  })
})

function isJson(code: string): boolean {
  try {
    JSON.parse(code)
    return true
  } catch {
    return false
  }
}

function templateProblems({ page, line, code }: Block): string[] {
  const { descriptor, errors } = parse(code)
  const source = descriptor.template?.content ?? ''
  const compiled = compileTemplate({ source, filename: 'block.vue', id: 'block' })
  return [...errors, ...compiled.errors].map(
    (error) => `${page}:${line} ${error instanceof Error ? error.message : error}`,
  )
}

/** `pnpm x`, `npx -y pnpm@… x`: a script of the root, or of the workspace whose README says so. */
function missingScripts({ page, line, code }: Block): string[] {
  const own = /^((?:apps|packages)\/[\w-]+)\//.exec(page)?.[1] ?? '.'
  const scripts = new Set(['.', own].flatMap(scriptsOf))
  const calls = code.matchAll(/(?:^|&& |\s)(?:npx -y )?pnpm(?:@[\d.]+)? (?:run )?(?!--|-)([\w:-]+)/gm)
  return [...calls]
    .filter(([, name = '']) => !scripts.has(name) && !['install', 'add', 'vitest', 'exec'].includes(name))
    .map(([call]) => `${page}:${line} ${call.trim()}`)
}

function scriptsOf(folder: string): string[] {
  const { scripts } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
  return Object.keys(scripts ?? {})
}
