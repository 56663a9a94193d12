import { withChromium } from '@sse/testbed'
import { test } from 'vitest'
import { runExample } from '../test/example.ts'

const browser = withChromium()

test('a page shows who is typing, and then the message', async () => {
  const { origin } = await runExample('typing')
  const [mina, joon] = [await browser.newPage(), await browser.newPage()]
  await mina.goto(`${origin}/?name=mina`)
  await joon.goto(`${origin}/?name=joon`)
  // What is volatile reaches only streams that are open: it is typed until it is seen.
  const isSeen = mina.locator('#typing', { hasText: 'joon is typing' }).waitFor()
  let seen = false
  void isSeen.then(() => {
    seen = true
  })
  while (!seen) {
    await joon.getByLabel('Message').press('a')
    await Promise.race([isSeen, joon.waitForResponse(/typing/)])
  }
  await joon.getByLabel('Message').fill('Hi')
  await joon.getByLabel('Message').press('Enter')
  await mina.locator('li', { hasText: 'joon: Hi' }).waitFor()
})
