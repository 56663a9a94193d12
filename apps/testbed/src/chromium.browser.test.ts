import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withChromium } from './chromium.ts'

const server = createServer((_, res) => {
  res.setHeader('Content-Type', 'text/html; charset=utf-8')
  res.end('<!doctype html><title>A page</title>')
})
const browser = withChromium()
let address: string

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
})

afterAll(() => server.close())

test('opens a page of this machine', async () => {
  const page = await browser.newPage()
  await page.goto(address)
  expect(await page.title()).toBe('A page')
})

test('contexts are different people', async () => {
  const [one, another] = await Promise.all([browser.newPage(), browser.newPage()])
  await Promise.all([one.goto(address), another.goto(address)])
  await one.evaluate(() => localStorage.setItem('user', 'mina'))
  expect(await another.evaluate(() => localStorage.getItem('user'))).toBeNull()
})
