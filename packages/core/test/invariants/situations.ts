/** What has to happen in some interleavings: promises that nothing endangers are easily kept. */
export const situations = [
  'a gap: trimmed',
  'a gap: forked',
  'a gap: unknown',
  'a tail that broke: trimmed',
  'a tail that broke: forked',
  'something new before the hub has started',
  'a read that gives events',
  'a read that fails',
  'a publish whose acknowledgement is lost',
  'an event that fills the transport',
  'a heartbeat with an id',
  'a channel joined live',
  'a channel joined behind',
  'a stream that ends: client',
  'a stream that ends: disconnected',
] as const

/** Enters what happens: any of the situations, or something else that a test may want to know of. */
export type Meets = (situation: (typeof situations)[number] | `a stream that ends: ${string}`) => void
