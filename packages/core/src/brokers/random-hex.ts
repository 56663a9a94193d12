import { randomFillSync } from 'node:crypto'

/** Random bytes for many calls: each draw costs a system call. */
const drawn = Buffer.allocUnsafeSlow(6_144)
let used = drawn.length

/** Random bytes as hexadecimal text. */
export function randomHex(bytes: number): string {
  if (used + bytes > drawn.length) {
    randomFillSync(drawn)
    used = 0
  }
  used += bytes
  return drawn.toString('hex', used - bytes, used)
}
