import { readFileSync } from 'node:fs'
import { launchChromium } from '@sse/testbed'

const [out, ...names] = process.argv.slice(2)
const browser = await launchChromium()
const page = await browser.newPage({ viewport: { width: 1900, height: 900 } })
await page.setContent(
  '<body style="margin:0;display:flex;gap:8px;background:#888">' +
    names
      .map(
        (n) =>
          `<img style="height:900px" src="data:image/png;base64,${readFileSync(`/work/main/artifacts/notifications/${n}.png`).toString('base64')}">`,
      )
      .join(''),
)
await page.waitForTimeout(300)
await page.screenshot({ path: out! })
await browser.close()
