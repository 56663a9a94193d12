import { Agent, get } from 'node:http'
import type { GetJson } from '../../shared/transports/receiver.ts'
import { fetchHeaders } from './browser-headers.ts'

/** One connection that a client keeps, and the last answer that had an `ETag`, as a browser does. They are shared with nobody. */
export interface OwnConnection {
  readonly getJson: GetJson
  close(): void
}

export function ownConnection(): OwnConnection {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  let kept: { readonly etag: string; readonly answer: unknown } | undefined
  const getJson: GetJson = (url, signal) =>
    new Promise((resolve, reject) => {
      const request = get(
        url,
        {
          agent,
          signal,
          headers: { Accept: '*/*', ...fetchHeaders, ...(kept && { 'If-None-Match': kept.etag }) },
        },
        async (res) => {
          try {
            let text = ''
            for await (const chunk of res.setEncoding('utf8')) text += chunk
            if (res.statusCode === 304 && kept) {
              resolve(kept.answer)
              return
            }
            if (res.statusCode !== 200) throw new Error(`${res.statusCode} ${res.statusMessage}`)
            const answer: unknown = JSON.parse(text)
            const { etag } = res.headers
            kept = etag === undefined ? undefined : { etag, answer }
            resolve(answer)
          } catch (error) {
            reject(error)
          }
        },
      )
      request.on('error', reject)
    })
  return { getJson, close: () => agent.destroy() }
}
