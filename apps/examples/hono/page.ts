import { createSseClient } from '@sse/client'

// The client resumes after every interruption, and asks for the rooms with each connect. A tick changes them while the stream is open.
const client = createSseClient<{ message: { room: string; text: string } }>('/events', {
  channels: ['room:tea'],
})
client.on('message', ({ room, text }) => {
  // `textContent`, not `innerHTML`: what came over the network is text, not markup.
  const item = document.createElement('li')
  item.textContent = `${room.replace('room:', '')}: ${text}`
  document.querySelector('ol')?.append(item)
})
client.connect()

for (const box of document.querySelectorAll<HTMLInputElement>('input[type=checkbox]')) {
  box.addEventListener('change', () => {
    if (box.checked) client.subscribe(box.value)
    else client.unsubscribe(box.value)
  })
}

document.querySelector('form')?.addEventListener('submit', async (event) => {
  event.preventDefault()
  const room = document.querySelector('select')?.value
  const input = document.querySelector<HTMLInputElement>('input[aria-label=Text]')
  const answer = await fetch(`/rooms/${room}`, { method: 'POST', body: input?.value ?? '' })
  if (answer.ok && input) input.value = ''
})
