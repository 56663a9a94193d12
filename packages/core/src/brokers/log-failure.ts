import { SseError, type SseErrorCode } from '../errors.ts'

/**
 * An error of a broker whose log fails: `The log <name> <sentence> (<message of the cause>).`
 *
 * @param sentence the problem and the way out
 */
export function logFailure(
  code: Extract<SseErrorCode, `log-${string}`>,
  log: string,
  sentence: string,
  cause?: unknown,
): SseError {
  const reason = cause instanceof Error && cause.message ? ` (${cause.message})` : ''
  const options = cause === undefined ? { value: log } : { value: log, cause }
  return new SseError(code, `The log ${log} ${sentence}${reason}.`, options)
}

/** The sentence of `log-busy`. */
export const busySentence = 'writes more slowly than the app publishes: await each publish'

export function closedError(): SseError {
  return new SseError('closed', 'The broker is closed: close it after its last use.')
}
