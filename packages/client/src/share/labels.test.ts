import { afterEach, expect, test, vi } from 'vitest'
import { createEmitter } from '../events/emitter.ts'
import type { SseClient } from '../types.ts'
import { type LabelledEvent, requestLabels, withLabels } from './labels.ts'

afterEach(() => vi.unstubAllGlobals())

/** A connection of which nothing but its events is needed, and what is told of them. */
function connection() {
  const { on, emit } = createEmitter()
  const told: LabelledEvent[] = []
  const onRecords = () => () => {}
  withLabels({ on, onRecords } as Partial<SseClient> as SseClient, (one) => told.push(one))('tick')
  // The client parses a label.
  const parse = (data: string) => {
    try {
      return Object(JSON.parse(data))
    } catch {
      return {}
    }
  }
  const send = (event: string, data: string, id: string) =>
    emit(event === 'sse.event' ? parse(data) : data, { event, id })
  return { send, told }
}

test('an event has the channels of the label before it', () => {
  const { send, told } = connection()
  send('sse.event', '{"id":"2","channels":["a","b"]}', '1')
  send('tick', 'x', '2')
  send('tick', 'y', '3')
  expect(told.map(({ channels }) => channels)).toEqual([['a', 'b'], undefined])
})

test('the label of an event that nobody listens for is not taken for the next one', () => {
  const { send, told } = connection()
  send('sse.event', '{"id":"2","channels":["a"]}', '1')
  send('other', 'x', '2')
  send('tick', 'y', '3')
  expect(told.map(({ channels }) => channels)).toEqual([undefined])
})

test('an event without an id has its label too', () => {
  const { send, told } = connection()
  send('sse.event', '{"id":"","channels":["a"]}', '1')
  send('tick', 'x', '1')
  send('sse.event', '{"id":"","channels":["a"]}', '1')
  send('sse.unhandled', '{"event":"other"}', '1')
  send('tick', 'y', '1')
  expect(told.map(({ channels }) => channels)).toEqual([['a'], undefined])
})

test.each(['', 'null', '[', '{"id":{}}', '{"id":"3","channels":7}'])('a label %j harms nobody', (text) => {
  const { send, told } = connection()
  send('sse.event', text, '1')
  send('tick', 'y', '2')
  expect(told).toEqual([{ event: 'tick', data: 'y', lastEventId: '2', channels: undefined }])
})

test('labels are asked for by a header, and by the query where that would cost a preflight or cannot be sent', () => {
  vi.stubGlobal('location', new URL('http://a.test/'))
  const here = new URL('http://a.test/events?token=st=1~exp=2~acl=/live/*&q=a%20b&flag')
  const there = new URL('http://b.test/events')
  expect(requestLabels(here, true)).toEqual({ url: here, headers: { 'Sse-Shared': '1' } })
  const query = { url: new URL(`${here.href}&shared=1`), headers: {} }
  expect(requestLabels(here, false)).toEqual(query)
  expect(query.url.href).toContain('?token=st=1~exp=2~acl=/live/*&q=a%20b&flag&shared=1')
  expect(requestLabels(there, true).url.href).toBe('http://b.test/events?shared=1')
})
