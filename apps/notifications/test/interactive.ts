/**
 * `node --conditions=@sse/source test/interactive.ts 5`: how long until the page, as `pnpm build` makes it, responds to its visitor, on a processor
 * that is four times slower. `pnpm bench` runs it. It visits each page as often as its argument says,
 * and prints a line of JSON for each visit.
 *
 * The time begins with the navigation and ends with the first frame that shows the effect of an input: a click on the sign-in page that disables its
 * buttons, or a key on the list of 50 notifications that moves the focus to the first. The input is real: Chromium receives a click or a key every
 * few milliseconds from the moment the response has begun. Each visit is the first one of a new browser profile, so nothing is cached. Only the
 * processor of the page is slowed down: the server and the network of the loopback are not.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { launchChromium } from '@sse/testbed'
import type { Browser, CDPSession } from 'playwright-core'
import { buildPage } from './page/build-page.ts'
import { signIn, startSender, startServer } from './start-server.ts'

/** How many times slower the processor of the page is. */
const slowdown = 4
/** Milliseconds between two inputs. */
const pause = 10
/** Milliseconds after which a page will not respond any more. */
const limit = 60_000

/** A page, and what its visitor does until it responds. */
interface Visit {
  readonly page: 'sign-in' | 'list'
  /** The header `Cookie` of the visitor. Default: nobody is signed in. */
  readonly cookie?: string
  /** What there is once it has responded. */
  readonly responded: string
  /** One input, as somebody at the machine would make it. Resolves once the page has taken it. */
  input(devtools: CDPSession): Promise<unknown>
}

await buildPage()
const server = await startServer('production')
const browser = await launchChromium()
try {
  const sora = await startSender(server.origin, 'sora')
  for (let number = 1; number <= 50; number++)
    await sora.send('user:mina', `Number ${number}`, 'A text to read.')
  const visits: Visit[] = [
    { page: 'sign-in', responded: 'button:disabled', input: await clickOn(browser, 'Mina Kim') },
    {
      page: 'list',
      responded: '[data-notification] :focus',
      input: press,
      cookie: await signIn(server.origin, 'mina'),
    },
  ]
  // The first visits warm up the server.
  for (const visit of visits) await measure(browser, visit)
  for (let repetition = 0; repetition < Number(process.argv[2] ?? 5); repetition++) {
    for (const visit of visits) {
      const milliseconds = await measure(browser, visit)
      console.log(JSON.stringify({ page: visit.page, slowdown, milliseconds }))
    }
  }
} finally {
  await browser.close()
  await server.stop()
}

/** The time from the navigation to the response, in milliseconds by the clock of the page. @throws Error when it does not respond */
async function measure(browser: Browser, { page: name, cookie, responded, input }: Visit): Promise<number> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } })
  try {
    if (cookie !== undefined) {
      const [key = '', value = ''] = cookie.split('=')
      await context.addCookies([{ name: key, value, url: server.origin }])
    }
    const page = await context.newPage()
    const devtools = await context.newCDPSession(page)
    await devtools.send('Emulation.setCPUThrottlingRate', { rate: slowdown })
    let time: number | undefined
    await page.exposeFunction('responded', (at: number) => {
      time ??= at
    })
    await page.addInitScript((selector) => {
      const { responded } = globalThis as unknown as { responded(at: number): void }
      // What a frame finds done is shown by it, and the timer runs after it.
      const look = () =>
        document.querySelector(selector)
          ? setTimeout(() => responded(performance.now()))
          : requestAnimationFrame(look)
      requestAnimationFrame(look)
    }, responded)
    await page.goto(server.origin, { waitUntil: 'commit' })
    const end = performance.now() + limit
    while (time === undefined) {
      if (performance.now() > end) throw new Error(`The page ${name} does not respond within ${limit} ms.`)
      await input(devtools)
      await delay(pause)
    }
    return time
  } finally {
    await context.close()
  }
}

/** A click on the place where this button will be. */
async function clickOn(browser: Browser, name: string): Promise<Visit['input']> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
  await page.goto(server.origin)
  const box = await page.getByRole('button', { name }).boundingBox()
  await page.close()
  if (!box) throw new Error(`There is no button ${name}.`)
  const at = { x: box.x + box.width / 2, y: box.y + box.height / 2, button: 'left', clickCount: 1 } as const
  return async (devtools) => {
    await devtools.send('Input.dispatchMouseEvent', { ...at, type: 'mousePressed' })
    await devtools.send('Input.dispatchMouseEvent', { ...at, type: 'mouseReleased' })
  }
}

/** The key that goes to the next notification. */
async function press(devtools: CDPSession): Promise<void> {
  const key = { key: 'j', code: 'KeyJ', windowsVirtualKeyCode: 74 }
  await devtools.send('Input.dispatchKeyEvent', { ...key, type: 'keyDown', text: 'j' })
  await devtools.send('Input.dispatchKeyEvent', { ...key, type: 'keyUp' })
}
