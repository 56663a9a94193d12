import { join } from 'node:path'
import type { PageOptions } from '@sse/kit'
import { addresses } from '../shared/addresses.ts'
import { noncePlaceholder } from '../shared/csp-nonce.ts'
import { nonceOf } from './requests/security.ts'

/** The page tells its addresses apart itself. Its styles need the nonce that the policy of the answer names. */
export const pageOptions: PageOptions = {
  app: join(import.meta.dirname, '..'),
  paths: addresses,
  hasNotFound: true,
  finish: (html, res) => html.replaceAll(noncePlaceholder, nonceOf(res)),
}
