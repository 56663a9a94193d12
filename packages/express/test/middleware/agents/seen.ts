/** What an agent has seen of the program that runs under it. An agent of an app sends it away. */
export interface Seen {
  bytes: number
  readonly spans: SeenSpan[]
}

export interface SeenSpan {
  readonly name: string
  /** The span of a request, or of a layer of Express within it. */
  readonly kind: 'request' | 'layer'
}

declare global {
  var seenByAgent: Seen | undefined
}

/** On the global object, because an agent's loader may load a module twice. */
globalThis.seenByAgent ??= { bytes: 0, spans: [] }
export const seen: Seen = globalThis.seenByAgent
