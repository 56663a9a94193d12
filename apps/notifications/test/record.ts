/** Writes `recording.gif`: two people, one notification, and a server that goes away and comes back. */
import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { launchChromium } from '@sse/testbed'
import gifenc from 'gifenc'
import type { Browser, Page } from 'playwright-core'
import { PNG } from 'pngjs'
import { buildPage } from './page/build-page.ts'
import { startSender, startServer } from './start-server.ts'

const file = join(import.meta.dirname, '../recording.gif')

/** Of one window, in CSS pixels; two stand side by side. */
const size = { width: 560, height: 620 }

interface Frame {
  readonly pixels: Uint8Array
  /** How long it is shown, in ms. */
  readonly delay: number
}

await buildPage()
const server = await startServer('production')
const browser = await launchChromium()
try {
  const frames = await story(browser)
  writeFileSync(file, encode(frames))
  console.log(`${file}: ${frames.length} pictures, ${Math.round(statSync(file).size / 1000)} kB`)
} finally {
  await browser.close()
  await server.stop()
}

async function story(browser: Browser): Promise<Frame[]> {
  const sora = await startSender(server.origin, 'sora')
  await sora.send('all', 'Version 3.2 is out', 'Resume after a lost connection, and topics you can mute.')
  const pages = [await enter(browser, 'Mina Kim'), await enter(browser, 'Joon Park')]
  const frames: Frame[] = []
  const show = async (delay: number) => {
    frames.push({ pixels: beside(await Promise.all(pages.map((page) => page.screenshot()))), delay })
  }
  const each = (wait: (page: Page) => Promise<unknown>) => Promise.all(pages.map(wait))

  await show(1_600)
  await sora.send('all', 'Lunch is here', 'In the kitchen, first come, first served.')
  await each((page) => received(page, 'Lunch is here'))
  await show(2_200)
  await each(withoutToasts)
  await server.process.kill('SIGKILL')
  await each((page) => page.locator('[data-testid="connection"]:not([data-tone="live"])').waitFor())
  await show(2_200)
  await server.restart()
  const again = await startSender(server.origin, 'sora')
  await again.send('all', 'Sent while you were offline', 'The server had just been started again.')
  await each((page) => received(page, 'Sent while you were offline'))
  await each(live)
  await each(withoutToasts)
  await show(3_500)
  return frames
}

async function enter(browser: Browser, name: string): Promise<Page> {
  const context = await browser.newContext({ viewport: size, locale: 'en', reducedMotion: 'reduce' })
  const page = await context.newPage()
  await page.goto(server.origin)
  await page.getByRole('button', { name }).click()
  await live(page)
  return page
}

async function live(page: Page): Promise<void> {
  await page.locator('[data-testid="connection"][data-tone="live"]').waitFor()
}

async function received(page: Page, title: string): Promise<void> {
  await page.locator('[data-notification]', { hasText: title }).waitFor()
}

/** A toast is on top of the page for a while. */
async function withoutToasts(page: Page): Promise<void> {
  await page.locator('[data-testid="toast"]').first().waitFor({ state: 'detached' })
}

/** The pictures side by side, as the red, green, blue and opacity of each pixel. */
function beside(pictures: readonly Buffer[]): Uint8Array {
  const all = new PNG({ width: size.width * pictures.length, height: size.height })
  for (const [index, picture] of pictures.entries()) {
    PNG.bitblt(PNG.sync.read(picture), all, 0, 0, size.width, size.height, index * size.width, 0)
  }
  return all.data
}

/** One palette for all pictures, so that what has not changed looks the same in each. It is played four times, and then stands still. */
function encode(frames: readonly Frame[]): Uint8Array {
  const { GIFEncoder, quantize, applyPalette } = gifenc
  const all = new Uint8Array(Buffer.concat(frames.map(({ pixels }) => pixels)))
  const palette = quantize(all, 256)
  const gif = GIFEncoder()
  const width = size.width * 2
  for (const [index, { pixels, delay }] of frames.entries()) {
    gif.writeFrame(applyPalette(pixels, palette), width, size.height, {
      delay,
      ...(index === 0 && { palette, repeat: 3 }),
    })
  }
  gif.finish()
  return gif.bytes()
}
