import { describeExample } from '@sse/testbed/vue'
import { describe } from 'vitest'

const readme = new URL('../README.md', import.meta.url)

describe.each([
  ['Vue 3 and Pinia 4', 'Vue 3', 'pinia'],
  ['Vue 3 and Pinia 3', 'Vue 3', 'pinia3'],
  ['Vue 2.7 and Pinia 2', 'Vue 2.7', 'pinia2'],
] as const)('the example of the README, verbatim, on %s', (_, pair, pinia) => {
  describeExample(readme, pair, ['client', 'vue', 'pinia'], { installed: { pinia } })
})
