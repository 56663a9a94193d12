import { randomFillSync } from 'node:crypto'

/** Random bytes for the next texts. Without the pool, each text would cost a buffer and a system call. */
const pool = Buffer.allocUnsafeSlow(6_144)
let used = pool.length

export function randomText(bytes: number, encoding: 'hex' | 'base64url' = 'hex'): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += bytes
  return pool.toString(encoding, used - bytes, used)
}
