import { spawnSync } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename } from 'node:path'
import type { Packed } from '../pack.ts'

/** A registry of npm that has packed packages and nothing else. */
export interface Registry {
  readonly origin: string
  close(): void
}

/** Answers npm's two questions: what versions there are of a package, and give me one. */
export async function serveRegistry(packed: readonly Packed[]): Promise<Registry> {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '')
    const one = packed.find(({ name, tarball }) => path === `/${name}` || path === `/${basename(tarball)}`)
    if (!one) response.writeHead(404).end()
    else if (path.endsWith('.tgz')) createReadStream(one.tarball).pipe(response)
    else response.setHeader('Content-Type', 'application/json').end(JSON.stringify(described(one)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  function described({ name, tarball }: Packed): object {
    const manifest = manifestIn(tarball)
    const version = { ...manifest, dist: { tarball: `${origin}/${basename(tarball)}` } }
    return { name, 'dist-tags': { latest: manifest.version }, versions: { [manifest.version]: version } }
  }

  return { origin, close: () => server.close() }
}

function manifestIn(tarball: string): { readonly version: string } {
  const { stdout } = spawnSync('tar', ['-xOzf', tarball, 'package/package.json'], { encoding: 'utf8' })
  return JSON.parse(stdout) as { version: string }
}
