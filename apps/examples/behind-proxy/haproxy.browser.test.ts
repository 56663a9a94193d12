import { testInChromium } from './test/browser.test-kit.ts'
import { without } from './test/proxied.test-kit.ts'

testInChromium('haproxy', {
  http1: without('alpn h2,http/1.1', 'alpn http/1.1'),
  quick: [without('mode http', 'mode http\n    retries 0')],
  strict: without(/errorfile .*/),
})
