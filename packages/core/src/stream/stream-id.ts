import { randomBytes } from 'node:crypto'

/** 128 random bits as text: who knows it may change the stream, so nobody must guess it. */
export function randomName(): string {
  return randomBytes(16).toString('base64url')
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
