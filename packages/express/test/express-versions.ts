import { ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import express5 from 'express'

/** An alias without types of its own: the parts that the tests use are those of Express 5. */
const express4 = createRequire(import.meta.url)('express4') as typeof express5

const versions = [
  ['Express 5', express5],
  ['Express 4', express4],
] as const

/** Every test of the middleware runs on both. With a wrapped write they run on one: what is wrapped is Node's, and both inherit it. */
export const expressVersions = 'isWrapped' in ServerResponse.prototype.write ? versions.slice(0, 1) : versions
