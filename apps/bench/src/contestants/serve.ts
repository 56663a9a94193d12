/** `node serve.ts <contestant>`: the server process of one contestant, told by its parent what to do and by the load when. */
import { setImmediate as turnEnd } from 'node:timers/promises'
import { answerParent } from '../child.ts'
import { startProfile } from '../profile/sampling.ts'
import type { Start } from './contestant.ts'
import { openPublisher, type Turn } from './publisher.ts'

const [name = ''] = process.argv.slice(2)
const { default: start }: { default: Start } = await import(`./${name}.ts`)
const running = await start()

const publisher = running.publisher ?? (await openPublisher(running.publish))
let stopProfile: (() => Promise<string>) | undefined

export type ServerCommands = typeof commands

const commands = {
  ports: () => ({ streams: running.port, control: publisher.port }),
  /** Answers the number of the next event. */
  turn: (turn: Turn) => publisher.turn(turn),
  /** Publishes turns one after another, as fast as the server takes them, for nobody to count. Answers the number of the next event. */
  flood: (turns: number) => publisher.flood?.(turns) ?? 0,
  streams: () => running.streams(),
  /** Processor time in microseconds. */
  cpu() {
    if (running.cpu) return running.cpu()
    const { user, system } = process.cpuUsage()
    return user + system
  },
  /** Processor time of each worker in microseconds. */
  cpus: async () => (await running.cpus?.()) ?? [],
  /** Collects garbage, where there is any. */
  collect: () => global.gc?.(),
  /**
   * Resident memory in bytes, when what is garbage is gone. Of the last resort, because any other collection leaves the young generation at the
   * size to which the opening of so many streams has made it grow: 38 of 95 MB there were the noise of how fast they came.
   */
  async rss() {
    for (let pass = 0; pass < 3; pass++) {
      global.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' })
      await turnEnd()
    }
    return running.rss?.() ?? process.memoryUsage.rss()
  },
  cursor: (missed: number) => running.cursor?.(missed) ?? '',
  reads: () => running.reads?.() ?? 0,
  async profile() {
    stopProfile = await startProfile()
  },
  /** Answers a profile of V8 as JSON. */
  profiled: () => stopProfile?.() ?? '',
}

answerParent(commands, () => running.stop?.())
