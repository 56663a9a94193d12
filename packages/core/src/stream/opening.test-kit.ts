import { endOfTurn } from '../end-of-turn.ts'

/** Resolves when all streams that were subscribed before have opened. */
export async function opening(): Promise<void> {
  await endOfTurn()
  await endOfTurn()
}
