import { writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { createProject, type PageServer, type PairName, servePage } from '@sse/testbed/vue'
import { burstPage } from './burst-page.ts'

export interface BurstServer extends PageServer {
  /** Sends notes to the newest page, numbered on from the last: in one write. */
  send(count: number): void
}

/** The page for bursts, and a stream that the caller fills. */
export async function serveBursts(pair: PairName): Promise<BurstServer> {
  const project = createProject(pair, ['client', 'vue', 'vuex'])
  writeFileSync(join(project.folder, 'main.ts'), burstPage(pair))
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
