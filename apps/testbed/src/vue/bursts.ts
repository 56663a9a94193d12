import { writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { type PageServer, servePage } from './page.ts'
import { createProject, type PairName, type ProjectOptions } from './project.ts'

export interface BurstServer extends PageServer {
  /** Sends notes to the newest page, numbered on from the last: in one write. */
  send(count: number): void
}

/**
 * A page for bursts, and a stream that the caller fills.
 *
 * @param packages as `createProject` takes them
 * @param main the code of the page
 */
export async function serveBursts(
  pair: PairName,
  packages: readonly string[],
  main: string,
  options?: ProjectOptions,
): Promise<BurstServer> {
  const project = createProject(pair, packages, options)
  writeFileSync(join(project.folder, 'main.ts'), main)
  let stream: ServerResponse | undefined
  let number = 0
  const { origin, close } = await servePage(pair, project.folder, (request, response) => {
    if (!request.url?.startsWith('/events')) return response.writeHead(404).end()
    response.writeHead(200, { 'Content-Type': 'text/event-stream' })
    response.write('event: sse.open\ndata: {"stream":"s","heartbeat":15000,"resumed":null}\n\n')
    stream = response
    number = 0
    return undefined
  })
  return {
    origin,
    send(count) {
      let text = ''
      for (const end = number + count; number < end; number++) {
        const note = { number, title: `Note number ${number}`, from: 'mina', tags: ['a', 'b'] }
        text += `event: note\nid: ${number}\ndata: ${JSON.stringify(note)}\n\n`
      }
      stream?.write(text)
    },
    close() {
      close()
      project.remove()
    },
  }
}
