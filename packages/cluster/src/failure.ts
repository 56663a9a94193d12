import { SseError } from '@sse/core'
import { logFailure } from '@sse/core/internal'

const unreachable = 'has no leader that replies: the broker tries again; publish again when it is up'

/** The file system refuses the folder, and will again. */
const lastingCodes: readonly unknown[] = ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'ENAMETOOLONG', 'EINVAL']
const refused = 'cannot be shared, because its folder cannot be used: choose another one by the option path'

/** An error of the socket as an `SseError`. An `SseError` is returned as it is. */
export function failureOf(error: unknown, path: string): SseError {
  if (error instanceof SseError) return error
  if (lastingCodes.includes((error as NodeJS.ErrnoException | undefined)?.code))
    return logFailure('log-failed', path, refused, error)
  return logFailure('log-unreachable', path, unreachable, error)
}

const unconfirmed =
  'has lost its leader before that replied, so the event may be in it or not: publish it again under the same idempotencyKey'

export function unconfirmedError(path: string, cause: unknown): SseError {
  return logFailure('log-unreachable', path, unconfirmed, cause)
}

/** Trying again does not help until somebody changes something. */
export function isLasting(error: unknown): boolean {
  return error instanceof SseError && error.code !== 'log-unreachable'
}
