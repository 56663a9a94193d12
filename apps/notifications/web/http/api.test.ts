import { afterEach, expect, test, vi } from 'vitest'
import { api } from './api.ts'

afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

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

test('a line that is dead ends a request', async () => {
  const limit = new AbortController()
  vi.spyOn(AbortSignal, 'timeout').mockReturnValue(limit.signal)
  const answers: Promise<Response>[] = []
  vi.stubGlobal('fetch', (_: string, { signal }: { signal: AbortSignal }) => {
    const answer = new Promise<Response>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason))
    })
    answers.push(answer)
    return answer
  })
  const sending = api.send({ to: 'all', title: 'Sent', body: '' }, 'key')
  limit.abort()
  await expect(sending).rejects.toMatchObject({ name: 'ApiError', status: 0 })
  expect(answers).toHaveLength(1)
})
