import { signIn } from '../start-server.ts'

/** Mina has read everything, follows what she did at the start and has muted nothing. */
export async function startOver(origin: string): Promise<void> {
  const Cookie = await signIn(origin, 'mina')
  const ask = (method: string, path: string, body?: object) =>
    fetch(`${origin}/api/${path}`, {
      method,
      headers: { Cookie, 'Content-Type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    })
  await ask('POST', 'notifications/read-all', { upTo: 1_000_000 })
  await Promise.all([
    ask('DELETE', 'topics/builds/muted'),
    ask('DELETE', 'topics/security/following'),
    ask('PUT', 'topics/builds/following'),
  ])
}
