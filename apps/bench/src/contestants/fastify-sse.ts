import type { AddressInfo } from 'node:net'
import { fastifySSE } from '@fastify/sse'
import fastify, { type FastifyReply } from 'fastify'
import type { Running } from './contestant.ts'

/** `reply.sse.send` to everyone in a set: it has no channels. Nobody waits for anybody else's `send`, and nothing is logged. */
export default async function start(): Promise<Running> {
  const app = fastify({ logger: false })
  await app.register(fastifySSE, { heartbeatInterval: 15_000 })
  const replies = new Set<FastifyReply>()
  app.get('/events', { sse: 'only' }, async (_request, reply) => {
    reply.sse.keepAlive()
    reply.sse.onClose(() => replies.delete(reply))
    reply.sse.sendHeaders()
    reply.raw.flushHeaders()
    replies.add(reply)
  })
  await app.listen({ port: 0, host: '127.0.0.1', backlog: 4096 })
  return {
    port: (app.server.address() as AddressInfo).port,
    publish: (turn) => {
      for (const event of turn) {
        for (const reply of replies) reply.sse.send({ data: event }).catch(() => replies.delete(reply))
      }
    },
    streams: () => replies.size,
  }
}
