import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { root } from './paths.ts'

test('pnpm compares engines with the Node that runs the scripts, not with the one that has started it', () => {
  const { catalog, nodeVersion } = parse(readFileSync(`${root}/pnpm-workspace.yaml`, 'utf8'))
  expect(catalog.node).toBe(`^${nodeVersion}`)
})
