import { testInChromium } from './test/browser.test-kit.ts'
import { without } from './test/proxied.test-kit.ts'

testInChromium('caddy', {
  http1: without('admin off', 'admin off\n\tservers {\n\t\tprotocols h1\n\t}'),
  quick: [without('lb_try_duration 5s'), without('retry: 2000', 'retry: 100')],
  strict: without(/handle_errors \{[\s\S]*?\n\t\}/),
})
