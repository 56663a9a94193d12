import { createRequire } from 'node:module'
import express5 from 'express'

/** An alias without types of its own: the parts that the tests use are those of Express 5. */
const express4 = createRequire(import.meta.url)('express4') as typeof express5

/** Every test of the middleware runs on both. */
export const expressVersions = [
  ['Express 5', express5],
  ['Express 4', express4],
] as const
