/** The guides: each package's README as a page of the site, and the architecture. Git ignores them. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { packages } from './packages.ts'

const root = new URL('../../', import.meta.url)

const folder = new URL('packages/', import.meta.url)
rmSync(folder, { recursive: true, force: true })
mkdirSync(folder)
for (const name of packages) {
  const text = readFileSync(new URL(`packages/${name}/README.md`, root), 'utf8')
  const reference = `\n\n[Reference of \`@sse/${name}\`](/api/@sse/${name})\n`
  writeFileSync(new URL(`${name}.md`, folder), inSite(text).trimEnd() + reference)
}
const architecture = readFileSync(new URL('ARCHITECTURE.md', root), 'utf8')
writeFileSync(new URL('architecture.md', import.meta.url), inSite(architecture))

/** Links between packages lead to their pages here; what else is in the repository is not on the site, and is only named. */
function inSite(markdown: string): string {
  return markdown
    .split(/(^```[\s\S]*?^```$)/m)
    .map((part, index) => (index % 2 === 1 ? part : relink(part)))
    .join('')
}

function relink(prose: string): string {
  return prose.replace(/(!?)\[([^\]]*)\]\((?![a-z]+:|#|\/)([^)]*)\)/g, (_, image, text, target) => {
    const [, name, anchor = ''] = /^(?:\.\.|packages)\/(\w+)\/?(#.*)?$/.exec(target) ?? []
    if (image) return ''
    return name && packages.includes(name) ? `[${text}](/packages/${name}${anchor})` : text
  })
}
