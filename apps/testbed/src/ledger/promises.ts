/** What every stream is promised, whatever happens in whatever order. */
export const streamPromises = {
  I1: 'the ids on one stream follow log order',
  I2: 'every event on its channels after its cursor is delivered, or a gap is told before anything newer',
  I3: 'no event comes twice on one stream',
  I4: 'the id of a heartbeat is never behind an event already sent nor ahead of the log',
  'its channels only': 'no event comes that is on none of its channels, or that was there before it joined',
  'gaps with a cause': 'a gap is told only where the log cannot give everything',
  'room first': 'a transport that is full is not given events from the log again before it drains',
  'nothing stuck': 'in the end, when everything is answered and drained, every stream stands at the head',
  'no surprise': 'nothing throws but what a broker throws that does not reach its log',
} as const

/** What a server promises beyond that. */
export const serverPromises = {
  I5: 'a publish that has resolved is in the log, and nothing else is but commands',
  I6: 'what a stream, a poll or a refusal took is given back when it is over',
  I7: 'after a disconnect has resolved, nothing that was asked for before delivers anything more',
  I8: 'nothing that one client does refuses another, or ends its stream',
} as const

const promises = { ...streamPromises, ...serverPromises }

/** The name of a promise. */
export type PromiseName = keyof typeof promises

/** A promise that was not kept. */
export class Breach extends Error {
  readonly promise: PromiseName

  constructor(promise: PromiseName, why: string, transcript: readonly string[] = []) {
    super([`${promise} (${promises[promise]}): ${why}`, ...transcript].join('\n    '))
    this.promise = promise
  }
}
