import { afterEach, expect, test, vi } from 'vitest'
import { api } from './api.ts'

afterEach(() => vi.unstubAllGlobals())

test('an answer that breaks off is worth another attempt, as one that never came', async () => {
  const brokenOff = new ReadableStream<Uint8Array>({
    start(body) {
      body.enqueue(new TextEncoder().encode('{"id":'))
      body.error(new Error('reset'))
    },
  })
  vi.stubGlobal('fetch', () => Promise.resolve(new Response(brokenOff, { status: 201 })))
  const sending = api.send({ to: 'all', title: 'Sent', body: '' }, 'key')
  await expect(sending).rejects.toMatchObject({ name: 'ApiError', status: 0 })
})
