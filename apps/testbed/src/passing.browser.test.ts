import type { Page } from 'playwright-core'
import { beforeEach, expect, test } from 'vitest'
import { withChromium } from './chromium.ts'
import { passed, recordPassing, takePassed } from './passing.ts'

const browser = withChromium()
let page: Page

beforeEach(async () => {
  const context = await browser.newContext()
  await recordPassing(context, {
    said: { selector: '#said' },
    light: { selector: '.light', attributes: ['data-name', 'data-color'] },
  })
  page = await context.newPage()
  await page.goto(
    'data:text/html,<p id=said></p><p class=light data-name=left data-color=red></p><p class=light data-name=right data-color=red></p>',
  )
})

/** Says these one after the other, each for as long as a task takes. */
const say = (...texts: string[]) =>
  page.evaluate(async (texts) => {
    for (const text of texts) {
      document.querySelector('#said')!.textContent = text
      await Promise.resolve()
    }
  }, texts)

const soon = { timeout: 200 }

test('a state that is over when the test looks has passed, once', async () => {
  await say('One', 'Two', 'Two', '')
  await passed(page, 'said', 'Two')
  await expect(passed(page, 'said', 'Two', soon)).rejects.toThrow('Still not true')
  await say('Two')
  await passed(page, 'said', /^T.o$/)
})

test('what came before counts no more, of its own element', async () => {
  await say('One', 'Two')
  await passed(page, 'said', 'Two')
  await expect(passed(page, 'said', 'One', soon)).rejects.toThrow('Still not true')
  await passed(page, 'light', 'right red')
  await passed(page, 'light', 'left red')
})

test('attributes are states too, and what nobody asked for can be taken', async () => {
  await page.evaluate(async () => {
    for (const color of ['green', 'red', 'red', 'green']) {
      document.querySelector<HTMLElement>('.light')!.dataset['color'] = color
      await Promise.resolve()
    }
  })
  expect(await takePassed(page, 'light')).toEqual([
    'left red',
    'right red',
    'left green',
    'left red',
    'left green',
  ])
  expect(await takePassed(page, 'light')).toEqual([])
})
