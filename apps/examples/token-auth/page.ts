import { createSseClient } from '@sse/client'

interface Events {
  notification: { number: number }
}

/** Kept in memory: what is in localStorage every script of the page can read, and the URL ends up in logs. */
let tokens = await post('/sign-in')

// The browser's own EventSource can send no header. This one is made of `fetch`: it can, and it sees a 401.
const client = createSseClient<Events>('/events', {
  headers: () => ({ Authorization: `Bearer ${tokens.access}` }), // asked before every attempt
  refresh: async () => {
    tokens = { ...tokens, ...(await post('/refresh', tokens.refresh)) }
  },
})
client.on('notification', ({ number }) => show('#notifications', `${number} `))
client.on('sse.state', ({ status }) => show('#states', `${status} `))
client.connect()

document
  .querySelector('#sign-out')
  ?.addEventListener('click', () => fetch('/sign-out', withToken(tokens.refresh)))

function withToken(token: string): RequestInit {
  return { method: 'POST', headers: { Authorization: `Bearer ${token}` } }
}

async function post(path: string, token = ''): Promise<{ access: string; refresh: string }> {
  const answer = await fetch(path, withToken(token))
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`)
  return answer.json()
}

function show(where: string, text: string): void {
  document.querySelector(where)?.append(text)
}
