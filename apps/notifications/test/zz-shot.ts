import { launchChromium } from '@sse/testbed'
import { startSender } from '/work/main/apps/notifications/test/start-server.ts'

const origin = process.env.ORIGIN ?? 'http://localhost:4455'
const browser = await launchChromium()
const joon = await startSender(origin, 'joon')
const sora = await startSender(origin, 'sora')
if (!process.env.NOSEED) {
  await sora.send(
    'all',
    'Version 3.2 is out',
    'Resume after a lost connection, topics you can mute, and a list that opens twice as fast.',
  )
  await joon.send(
    'user:mina',
    'Can you look at my pull request?',
    'It touches the window, so I would rather have two pairs of eyes on it.',
  )
  await joon.send('topic:builds', 'Build 511 failed', '3 of 482 tests, all of them in the browser project.')
  await joon.send('user:mina', '내일 회의는 오전 10시로 옮겼어요', '회의실은 그대로 3층입니다.')
  await joon.send('topic:releases', 'Release notes for 3.2', 'A draft; corrections welcome until Friday.')
}
const modes = (process.env.MODES ?? 'light:1280,dark:1280,light:390,dark:390').split(',')
for (const mode of modes) {
  const [colorScheme, width] = mode.split(':')
  const context = await browser.newContext({
    colorScheme: colorScheme as 'light',
    viewport: { width: Number(width), height: Number(width) < 500 ? 844 : 900 },
    locale: process.env.LOC ?? 'en',
  })
  const page = await context.newPage()
  page.on('console', (m) => {
    if (['error', 'warning'].includes(m.type())) console.log(mode, m.type(), m.text())
  })
  page.on('pageerror', (e) => console.log(mode, 'PAGEERROR', e))
  await page.goto(origin + (process.env.PATHNAME ?? '/'))
  await page.getByRole('button', { name: process.env.WHO ?? 'Mina Kim' }).click()
  await page.locator('[data-tone=live]').waitFor()
  await page.waitForTimeout(Number(process.env.WAIT ?? 1500))
  const acts = (process.env.ACT ?? '').split(';').filter(Boolean)
  for (const act of acts) {
    await eval(`(async()=>{${act}})()`)
    await page.waitForTimeout(400)
  }
  await page.screenshot({ path: `/tmp/shots/${process.env.NAME ?? 'home'}-${colorScheme}-${width}.png` })
  await context.close()
}
await browser.close()
