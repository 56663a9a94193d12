import { posix } from 'node:path'
import { packages } from './packages.ts'

/**
 * A file of the repository as a page of the site. Its links to other pages lead there; what else it links is not on the site, and is only
 * named.
 *
 * @param path from the root of the repository
 */
export function asPage(path: string, markdown: string): string {
  return markdown
    .split(/(^```[\s\S]*?^```$)/m)
    .map((part, index) => (index % 2 === 1 ? part : relink(path, part)))
    .join('')
}

function relink(path: string, prose: string): string {
  return prose.replace(/(!?)\[([^\]]*)\]\((?![a-z]+:|#|\/)([^)]*)\)/g, (_, image, text, link) => {
    if (image) return ''
    const [target = '', anchor] = link.split('#')
    const page = pageOf(posix.join(posix.dirname(path), target))
    return page ? `[${text}](${page}${anchor ? `#${anchor}` : ''})` : text
  })
}

/** Where a file, or the README of a folder, is on the site. */
function pageOf(file: string): string | undefined {
  if (file === 'ARCHITECTURE.md') return '/architecture'
  const [, name] = /^packages\/(\w+)(?:\/|\/README\.md)?$/.exec(file) ?? []
  if (name) return packages.includes(name) ? `/packages/${name}` : undefined
  const [, page] = /^apps\/docs\/((?!README).+)\.md$/.exec(file) ?? []
  return page && `/${page.replace(/(^|\/)index$/, '$1')}`
}
