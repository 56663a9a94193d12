import { randomBytes, randomFillSync } from 'node:crypto'

/** Random bytes for the names to come: asked for one at a time they cost a buffer and a system call each. */
const drawn = Buffer.allocUnsafeSlow(4096)
const nameBytes = 16
let used = drawn.length

/** 128 random bits as text: who knows it may change the stream, so nobody must guess it. */
export function randomName(): string {
  if (used === drawn.length) {
    randomFillSync(drawn)
    used = 0
  }
  const name = drawn.toString('base64url', used, used + nameBytes)
  used += nameBytes
  return name
}

/** A name that says which hub holds the stream, for those that do not. */
export function streamIdOf(hub: string): string {
  return `${hub}.${randomName()}`
}

/** The hub that holds a stream; `undefined` for what is no id of a hub's stream. */
export function hubOf(streamId: string): string | undefined {
  return /^([\w-]{8})\.[\w-]{22}$/.exec(streamId)?.[1]
}

/** A hub's name in the ids of its streams. */
export function newHubName(): string {
  return randomBytes(6).toString('base64url')
}
