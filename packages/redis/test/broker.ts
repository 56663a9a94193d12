/** The broker of `broker-server.ts`. */
import type { Broker } from '@sse/core'
import { createClient } from 'redis'
import { createRedisBroker } from '../src/index.ts'

export default function createBroker(
  url: string,
  prefix: string,
  maxLength = '100000',
  timeout = '2000',
): Broker {
  return createRedisBroker({
    client: createClient({ url }),
    prefix,
    maxLength: Number(maxLength),
    timeout: Number(timeout),
  })
}
