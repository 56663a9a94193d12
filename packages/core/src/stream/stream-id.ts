import { randomText } from '../random-text.ts'

/** 128 random bits as text. The id of a stream permits changing its channels, so it must not be guessable. */
export function randomName(): string {
  return randomText(16, 'base64url')
}

/** A new stream id. It begins with the name of the hub, so that the other hubs know which one has the stream. */
export function streamIdOf(hub: string): string {
  return `${hub}.${randomName()}`
}

/** The name of the hub that has a stream; `undefined` if the text does not have the form of a stream id. */
export function hubOf(streamId: string): string | undefined {
  return /^([\w-]{8})\.[\w-]{22}$/.exec(streamId)?.[1]
}

/** A new name for a hub, which is part of the ids of its streams. */
export function newHubName(): string {
  return randomText(6, 'base64url')
}
