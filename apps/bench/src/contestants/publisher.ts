import { setImmediate as turnEnd } from 'node:timers/promises'
import { type BenchEvent, eventsOf } from '../event.ts'
import { openControl } from './control.ts'

/** What each turn publishes. */
export interface Turn {
  readonly events: number
  /** Of the JSON of each event. */
  readonly bytes: number
}

/** Publishes a turn whenever the load asks for one. */
export interface Publisher {
  /** Where the load asks. */
  readonly port: number
  /** What the turns publish from now on. Answers the number of the next event. */
  turn(turn: Turn): number | Promise<number>
  /** Publishes turns one after another, as fast as the server takes them, for nobody to count. Answers the number of the next event. */
  flood?(turns: number): Promise<number>
}

export async function openPublisher(publish: (turn: readonly BenchEvent[]) => unknown): Promise<Publisher> {
  let last = 0
  let count = 1
  let make = eventsOf(200)
  const publishTurn = (at: number) => publish(Array.from({ length: count }, () => make(++last, at)))
  return {
    port: await openControl((at) => void publishTurn(at)),
    turn({ events, bytes }) {
      count = events
      make = eventsOf(bytes)
      return last + 1
    },
    async flood(turns) {
      for (let done = 0; done < turns; done++) {
        await publishTurn(0)
        await turnEnd()
      }
      return last + 1
    },
  }
}
