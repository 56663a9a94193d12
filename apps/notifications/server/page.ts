import { join } from 'node:path'
import type { PageOptions } from '@sse/kit'
import { noncePlaceholder } from '../shared/csp-nonce.ts'
import { nonceOf } from './requests/security.ts'

/** The page tells its two paths apart itself. Its styles need the nonce that the policy of the answer names. */
export const pageOptions: PageOptions = {
  app: join(import.meta.dirname, '..'),
  paths: ['/', '/admin'],
  finish: (html, res) => html.replaceAll(noncePlaceholder, nonceOf(res)),
}
