import { createHmac } from 'node:crypto'
import { secret } from './serve.ts'

/** The cookie that `cookie-session` sets when somebody has signed in. */
export function signedIn(user: string): { Cookie: string } {
  const value = Buffer.from(JSON.stringify({ user })).toString('base64')
  const signature = createHmac('sha1', secret).update(`session=${value}`).digest('base64url')
  return { Cookie: `session=${value}; session.sig=${signature}` }
}
