import { until, withChromium } from '@sse/testbed'
import { test } from 'vitest'
import { runExample } from '../test/example.ts'

const browser = withChromium()

test('everybody is shown once, and no longer when the last tab is closed', async () => {
  const { origin } = await runExample('who-is-here')
  async function enter(name: string) {
    const page = await browser.newPage()
    await page.goto(`${origin}/?name=${name}`)
    return page
  }
  const mina = await enter('mina')
  const tabs = [await enter('joon'), await enter('joon')]
  const isShown = (names: string) =>
    until(async () => (await mina.locator('li').allTextContents()).sort().join() === names, {
      timeout: 20_000,
    })
  await isShown('joon,mina')
  await tabs[0]!.close()
  await tabs[1]!.reload()
  await isShown('joon,mina')
  await tabs[1]!.close()
  await isShown('mina')
})
