import { describeExample } from '@sse/testbed/vue'
import { describe } from 'vitest'

const readme = new URL('../README.md', import.meta.url)

describe.each(['Vue 3', 'Vue 2.7'] as const)('the example of the README, verbatim, on %s', (pair) => {
  describeExample(readme, pair, ['client', 'vue'])
})
