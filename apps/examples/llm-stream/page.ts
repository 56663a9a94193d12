import { createSseClient, type SseClient } from '@sse/client'
import type { Chunk } from './chunks.ts'

interface Events {
  token: string
  chunks: readonly Chunk[]
}

const form = document.querySelector('form') as HTMLFormElement
const [answer, state, stop] = ['answer', 'state', 'stop'].map(
  (id) => document.getElementById(id) as HTMLElement,
) as [HTMLElement, HTMLElement, HTMLElement]
let client: SseClient<Events> | undefined

/** Where the answer is. In the address of the page it outlives a reload. */
let place = location.hash.slice(1)

function watch(): void {
  client?.close()
  answer.textContent = ''
  state.textContent = 'answering'
  client = createSseClient<Events>(`/${place}/events`, {
    parse: { token: 'text' }, // `1.0` stays text
  })
  client.on('token', (text) => answer.append(text))
  // The items of a run that are no strings come as an array.
  client.on('chunks', (chunks) => chunks.forEach(show))
  client.on('sse.end', ({ reason }) => {
    state.textContent = { finished: 'complete', aborted: 'stopped' }[reason] ?? 'broken'
  })
  client.connect()
}

function show(chunk: Chunk): void {
  if (chunk.type === 'text-delta') answer.append(chunk.delta)
}

form.addEventListener('submit', async (event) => {
  event.preventDefault()
  const { format, prompt } = Object.fromEntries(new FormData(form))
  state.textContent = 'asking'
  const response = await fetch(`/${format}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ prompt }),
  })
  if (!response.ok) {
    state.textContent = 'refused'
    return
  }
  place = ((await response.json()) as { place: string }).place
  location.hash = place
  watch()
})
stop.addEventListener('click', () => void fetch(`/${place}`, { method: 'DELETE' }))
if (place) watch()
