/**
 * Every block that adds routes to the reader's app, run in such an app on Express 4, where the rejection of an async handler ends the
 * process: hostile requests and a lost log do not.
 */
import { expect, test } from 'vitest'
import { type Block, blocksOf } from './markdown.ts'
import { docs, isTranslated, readmes } from './pages.ts'
import { hostileBodies } from './served/hostile.ts'
import { serve } from './served/serve.ts'

const route = /app\.(get|post)\(\s*'([^']+)'/g

function routesOf({ code }: Block): { method: string; path: string }[] {
  return [...code.matchAll(route)].map(([, method = '', path = '']) => ({ method, path }))
}

/**
 * What stands on a page to show what is given up for the toolkit, or is a whole server, which `servers.test.ts` runs, or `frameworks.test.ts`.
 */
const isElsewhere = ({ code }: Block) =>
  /^\/\/ before/.test(code) || /= express\(\)|= new (Hono|H3)\(\)/.test(code)
const fragments = [...docs, ...readmes]
  .filter((page) => !isTranslated(page))
  .flatMap(({ path, text }) => blocksOf(path, text))
  .filter((block) => block.language === 'ts' && routesOf(block).length > 0 && !isElsewhere(block))

test('there are such blocks', () => {
  expect(fragments.length).toBeGreaterThan(10)
})

test.each(fragments.map((block) => [`${block.page}:${block.line}`, block] as const))(
  '%s',
  { timeout: 60_000 },
  async (_, block) => {
    const served = await serve(block, { express: 'express4' })
    try {
      for (const lost of [false, true]) {
        await served.lose(lost)
        for (const { method, path } of routesOf(block)) await visit(served.origin, method, path)
        served.alive()
      }
    } finally {
      await served.end()
    }
  },
)

/** As a user and as nobody, with what nobody meant. */
async function visit(origin: string, method: string, path: string): Promise<void> {
  const bodies = method === 'post' ? hostileBodies(['title', 'text', 'prompt']) : [undefined]
  const queries = ['', '?prompt=fail', '?lastEventId[x]=a', '?channels=user:mina,user:otto']
  const requests = bodies.flatMap((body) =>
    (body === undefined ? queries : ['']).map((query) => ({ body, query })),
  )
  for (const { body = null, query } of requests) {
    for (const user of [{}, { 'X-Test-User': 'mina' }, { 'X-Test-User': 'a,b' }]) {
      const abort = new AbortController()
      const address = origin + path.replaceAll(/:\w+/g, 'fail') + query
      const headers = { 'Content-Type': 'application/json', ...user }
      await fetch(address, { method, body, headers, signal: abort.signal })
      abort.abort()
    }
  }
}
