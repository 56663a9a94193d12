import { Agent, get } from 'node:http'
import type { GetJson } from '../../shared/transports/receiver.ts'
import { fetchHeaders } from './browser-headers.ts'

/** One connection that a client keeps, as a browser does, and shares with nobody. */
export interface OwnConnection {
  readonly getJson: GetJson
  close(): void
}

export function ownConnection(): OwnConnection {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const getJson: GetJson = (url, signal) =>
    new Promise((resolve, reject) => {
      const request = get(
        url,
        { agent, signal, headers: { Accept: '*/*', ...fetchHeaders } },
        async (res) => {
          try {
            let text = ''
            for await (const chunk of res.setEncoding('utf8')) text += chunk
            if (res.statusCode !== 200) throw new Error(`${res.statusCode} ${res.statusMessage}`)
            resolve(JSON.parse(text))
          } catch (error) {
            reject(error)
          }
        },
      )
      request.on('error', reject)
    })
  return { getJson, close: () => agent.destroy() }
}
