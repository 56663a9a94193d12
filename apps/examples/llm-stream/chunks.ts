/** The parts of a message in the UI message stream of the AI SDKs that a text needs. Others are tools, reasoning, sources and files. */
export type Chunk =
  | { readonly type: 'start'; readonly messageId: string }
  | { readonly type: 'text-start' | 'text-end'; readonly id: string }
  | { readonly type: 'text-delta'; readonly id: string; readonly delta: string }
  | { readonly type: 'finish' }

/** A text as one message with one part. */
export async function* toChunks(messageId: string, text: AsyncIterable<string>): AsyncGenerator<Chunk> {
  const id = 'text'
  yield { type: 'start', messageId }
  yield { type: 'text-start', id }
  for await (const delta of text) yield { type: 'text-delta', id, delta }
  yield { type: 'text-end', id }
  yield { type: 'finish' }
}
