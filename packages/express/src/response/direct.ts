import { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Frame } from '@sse/core'
import { nodesOwnWrite, nowhere } from './nodes-own-write.ts'

/*
 * Writes directly to the socket. `res.write` would make a chunk of the same bytes for every client; here a chunk is made once and shared by all
 * streams that get the same frames. Measured with one event to 1,000 streams: `res.write` takes 1.5 times the server CPU of a bare `net` socket,
 * and this way 1.1.
 *
 * The response itself still works: `end()` writes the last chunk after these, the connection is reused, and `res.write` may be called in
 * between, because everything passes through this socket in the order of the calls (from Node 26 on, see `onGatheredWrite`).
 */

/**
 * The socket of a response whose headers are flushed, if the response passes its bytes on unchanged and at once. It does not if a middleware or
 * a tracer has wrapped `write`, or if it is corked. A pipelined response has no socket before its turn, and a response to HTTP/1.0 is not
 * chunked. Every Node so far emits the event at the end of a response.
 */
export function directSocketOf(response: ServerResponse): Socket | undefined {
  const isDirect =
    tellsOfEnd &&
    response.write === nodesOwnWrite &&
    response.chunkedEncoding &&
    response.writableCorked === 0
  return (isDirect && response.socket) || undefined
}

/**
 * Calls back within the call of `end`, because bytes that are written to the socket later would be part of the next response. Reading
 * `writableEnded` at every write instead costs a cache miss per stream and event.
 */
export function onEnd<R extends ServerResponse>(response: R, callback: (this: R) => void): void {
  response.on(endEvent, callback)
}

/**
 * Calls back before each `res.write`, on a Node that buffers these writes until the next tick. Direct writes to the socket would overtake them.
 */
export function onGatheredWrite(response: ServerResponse, callback: () => void): void {
  const write = nodesOwnWrite
  if (!gathersWrites || !write) return
  response.write = function (this: ServerResponse, ...args: unknown[]): boolean {
    callback()
    return Reflect.apply(write, this, args)
  }
}

/** Node emits it within `end`, but does not document it. */
const endEvent = 'prefinish'
const { tellsOfEnd, gathersWrites } = tryResponse()

/** Finds out by one response whether this Node emits the event at the end, and whether it buffers the writes of a turn (from 26 on). */
function tryResponse(): { tellsOfEnd: boolean; gathersWrites: boolean } {
  const socket = nowhere()
  const request = Object.assign(new IncomingMessage(socket), { httpVersionMajor: 1, httpVersionMinor: 1 })
  const response = new ServerResponse(request)
  let tellsOfEnd = false
  onEnd(response, () => {
    tellsOfEnd = true
  })
  response.assignSocket(socket)
  response.flushHeaders()
  response.write('.')
  const gathersWrites = response.writableCorked > 0
  response.end()
  return { tellsOfEnd, gathersWrites }
}

/** The frames whose chunk was made last, and that chunk: a broadcast hands the same frames to one stream after the other. */
let framed: readonly Frame[] | undefined
let chunk: Uint8Array | string

/** The frames as a chunk of the chunked transfer coding (RFC 9112, section 7.1). */
export function chunkOf(frames: readonly Frame[]): Uint8Array | string {
  if (frames !== framed) {
    chunk = toChunk(frames)
    framed = frames
  }
  return chunk
}

const lineEnd = '\r\n'

function toChunk(frames: readonly Frame[]): Uint8Array | string {
  const ascii = frames.length === 1 ? frames[0]!.ascii : undefined
  // Node joins it with the head. A buffer for each stream that opens would take longer to make than to write.
  if (ascii !== undefined) return `${ascii.length.toString(16)}\r\n${ascii}\r\n`
  let size = 0
  for (const { bytes } of frames) size += bytes.length
  const head = `${size.toString(16)}\r\n`
  const whole = Buffer.allocUnsafe(head.length + size + lineEnd.length)
  let end = whole.write(head, 'latin1')
  for (const { bytes } of frames) {
    whole.set(bytes, end)
    end += bytes.length
  }
  whole.write(lineEnd, end, 'latin1')
  return whole
}
