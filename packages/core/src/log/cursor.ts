const wellFormed = /^[!-~]{1,64}$/

/**
 * Whether an untrusted text can be a cursor at all: 1 to 64 bytes of `!` to `~`. Whether it stands in the log, only the
 * broker can say.
 */
export function isCursor(text: string): boolean {
  return wellFormed.test(text)
}
