/** A fenced code block, and what hidden comments right in front of it say. */
export interface Block {
  /** Path of the page, from the root of the repository. */
  readonly page: string
  /** Of its first line of code, from 1. */
  readonly line: number
  readonly language: string
  /** The file it is, when it says so: in the brackets of a code group, or in a comment on its first line. */
  readonly file: string | undefined
  readonly code: string
  /** `<!-- prelude: … -->`: code in front of it that readers need not see. */
  readonly prelude: string
  /** `<!-- background: address -->`: the last command of it keeps running and answers there. */
  readonly background: string | undefined
  /** Whether it is for Vue 2.7, which has other types. */
  readonly isVue2: boolean
}

const fence =
  /^(?<indent> *)(?<ticks>`{3,})(?<language>[\w-]*)(?<rest>[^\n]*)\n(?<code>[\s\S]*?)^\k<indent>\k<ticks>$/gm
const hidden = /<!-- (?<name>prelude|background): (?<text>(?:(?!-->)[\s\S])*?)\s*-->\s*$/

/** All code blocks of a page, in their order. */
export function blocksOf(page: string, markdown: string): Block[] {
  return [...markdown.matchAll(fence)].map((match) => {
    const { language = '', rest = '', code = '', ticks = '' } = match.groups ?? {}
    const before = commentsBefore(markdown.slice(0, match.index))
    const line = markdown.slice(0, match.index + match[0].indexOf('\n', ticks.length)).split('\n').length + 1
    return {
      page,
      line,
      language: language.toLowerCase(),
      file:
        /\[([^\]]+)\]/.exec(rest)?.[1] ??
        /^(?:\/\/|<!--|#) (?:before: |after: )?([\w./-]+\.\w+)\b/.exec(code)?.[1],
      code,
      prelude: before.prelude ?? '',
      background: before.background,
      isVue2: /vue-2/.test(page) || /^(?:\/\/|<!--) .*Vue 2/.test(code),
    }
  })
}

/** The hidden comments that end where a block begins. */
function commentsBefore(text: string): { prelude?: string; background?: string } {
  let rest = text.trimEnd()
  const found: { prelude?: string; background?: string } = {}
  for (let comment = hidden.exec(rest); comment; comment = hidden.exec(rest)) {
    const { name, text: value = '' } = comment.groups as { name: 'prelude' | 'background'; text?: string }
    found[name] = value
    rest = rest.slice(0, comment.index).trimEnd()
  }
  return found
}

/** A page without its code blocks. */
export function proseOf(markdown: string): string {
  return markdown.replace(fence, '')
}

/** The addresses of all links and images of a page, without those in code. */
export function linksOf(markdown: string): string[] {
  const prose = proseOf(markdown).replace(/`[^`\n]*`/g, '')
  return [
    ...[...prose.matchAll(/\]\((?:<([^>]+)>|([^\s)]+))(?: "[^"]*")?\)/g)].map(([, a, b]) => a ?? b ?? ''),
    ...[...prose.matchAll(/\b(?:href|src|link): ?["']?([^\s"']+)|(?:href|src)="([^"]+)"/g)].map(
      ([, a, b]) => a ?? b ?? '',
    ),
  ]
}

/** The anchors that a page has: of its headings, as GitHub and VitePress make them. */
export function anchorsOf(markdown: string): Set<string> {
  const prose = proseOf(markdown)
  return new Set([...prose.matchAll(/^#{1,6} +(.+)$/gm)].map(([, heading = '']) => anchorOf(heading)))
}

function anchorOf(heading: string): string {
  const own = /\{#([\w-]+)\}\s*$/.exec(heading)?.[1]
  if (own) return own
  return heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[`*]/g, '')
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-')
}
