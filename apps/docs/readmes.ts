/** The guides: each package's README as a page of the site, and the architecture. Git ignores them. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { asPage } from './as-page.ts'
import { packages } from './packages.ts'

const root = new URL('../../', import.meta.url)
const page = (path: string) => asPage(path, readFileSync(new URL(path, root), 'utf8'))

const folder = new URL('packages/', import.meta.url)
rmSync(folder, { recursive: true, force: true })
mkdirSync(folder)
for (const name of packages) {
  const reference = `\n\n[Reference of \`@sse/${name}\`](/api/@sse/${name})\n`
  writeFileSync(new URL(`${name}.md`, folder), page(`packages/${name}/README.md`).trimEnd() + reference)
}
writeFileSync(new URL('architecture.md', import.meta.url), page('ARCHITECTURE.md'))
