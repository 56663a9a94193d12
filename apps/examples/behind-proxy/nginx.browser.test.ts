import { testInChromium } from './test/browser.test-kit.ts'
import { without } from './test/proxied.test-kit.ts'

testInChromium('nginx', {
  http1: without('ssl http2', 'ssl'),
  quick: [without('retry: 2000', 'retry: 100')],
  strict: without(/error_page .*/),
})
