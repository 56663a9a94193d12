import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A new directory, removed with the test. */
export function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'sse-test-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}
