/** The page of *Getting started*, as a reader has it: what others type is text, what is refused stays in the form, and a server that goes comes back. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { freePort, withChromium } from '@sse/testbed'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { blocksOf } from './markdown.ts'
import { docs } from './pages.ts'
import { serve } from './served/serve.ts'

const path = 'apps/docs/start/server.md'
const blocks = blocksOf(path, docs.find((page) => page.path === path)?.text ?? '')
const block = (file: string) => blocks.find((one) => one.file === file)!

const browser = withChromium()
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sse-page-'))
  const file = join(folder, 'public/index.html')
  mkdirSync(dirname(file))
  writeFileSync(file, block('public/index.html').code)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function visit() {
  const port = await freePort()
  const start = () => serve(block('server.js'), { express: 'express', cwd: folder, port })
  let served = await start()
  onTestFinished(() => served.end())
  const page = await browser.newPage()
  const said: string[] = []
  page.on('pageerror', (error) => said.push(String(error)))
  page.on('dialog', (dialog) => {
    said.push(dialog.message())
    void dialog.accept()
  })
  const post = (title: string) =>
    fetch(`${served.origin}/notifications`, {
      ...{ method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ title }) },
    })
  return {
    page,
    said,
    post,
    open: () => page.goto(served.origin),
    restart: async () => {
      served = await start()
    },
    end: () => served.end(),
  }
}

test('what others type is text', async () => {
  const { page, said, open, post } = await visit()
  await open()
  await post('<img src=x onerror="alert(1)">')
  await page.getByText('<img src=x').waitFor()
  expect(await page.locator('img').count()).toBe(0)
  expect(said).toEqual([])
})

test('what the server refuses stays in the form', async () => {
  const { page, said, open } = await visit()
  await open()
  const title = page.getByPlaceholder('Say something')
  await title.fill('x'.repeat(5_000))
  await page.getByRole('button', { name: 'Send' }).click()
  await expect.poll(() => said, { timeout: 20_000 }).toEqual([expect.stringContaining('did not take it')])
  expect((await title.inputValue()).length).toBe(5_000)
})

test('a server that goes and comes back is read on, and its list is loaded again', async () => {
  const { page, said, open, post, end, restart } = await visit()
  await open()
  await post('before')
  await page.getByText('before').waitFor()
  await end()
  await restart()
  await post('after')
  await page.getByText('after').waitFor()
  // The log and the list were in memory: what is gone there is gone here.
  await expect.poll(() => page.getByText('before').count(), { timeout: 20_000 }).toBe(0)
  expect(said).toEqual([])
})

test('a list that the server cannot give is no list: it is asked for again', async () => {
  const { page, said, open, post } = await visit()
  let failures = 0
  await page.route('**/notifications', (route) =>
    failures++ < 1 ? route.fulfill({ status: 503, json: { notifications: 'none' } }) : route.continue(),
  )
  await open()
  await post('news')
  await page.getByText('news').waitFor()
  expect(failures).toBeGreaterThan(1)
  expect(said).toEqual([])
})
