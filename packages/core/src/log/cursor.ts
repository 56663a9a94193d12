const wellFormed = /^[!-~]{1,64}$/

/** Whether an untrusted text has the form of a cursor: 1 to 64 bytes of `!` to `~`. Only the broker knows whether the log has it. */
export function isCursor(text: string): boolean {
  return wellFormed.test(text)
}
