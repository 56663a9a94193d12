import type { ScriptedLog } from './scripted-log.ts'

/** What a load has read: the newest entry in it, and its position. */
export interface Snapshot {
  readonly number: number
  readonly position: string
}

interface Load extends PromiseWithResolvers<Snapshot> {
  read?: Snapshot
}

/** The loads of a page, in the hands of a model. */
export interface ScriptedLoads {
  /** A load begins. */
  begin(): Promise<Snapshot>
  /** One of the loads reads what there was so many entries ago, because a replica may lag behind. */
  read(which: number, lag: number): void
  /** One of the loads that have read ends, or fails. */
  answer(which: number, isGood: boolean): void
  /**
   * Everything goes well from here on, until nothing waits any more. Publishes one more entry then.
   *
   * @param deliver sends the next entry
   */
  recover(clock: { advance(milliseconds: number): void }, deliver: () => void): Promise<void>
}

/** Lets whatever waits for promises run on. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve))
}

export function scriptLoads(log: ScriptedLog): ScriptedLoads {
  let loads: Load[] = []

  function read(load: Load | undefined, lag: number): void {
    // Only the present log knows the positions of its entries.
    const number = Math.max(0, log.head - lag)
    if (load) load.read ??= { number, position: log.idOf(number) }
  }

  function answer(load: Load | undefined, isGood: boolean): void {
    if (!load?.read) return
    loads = loads.filter((one) => one !== load)
    if (isGood) load.resolve(load.read)
    else load.reject(new Error('503'))
  }

  const pick = (which: number) => loads[which % Math.max(1, loads.length)]

  return {
    begin() {
      const load: Load = Promise.withResolvers<Snapshot>()
      loads.push(load)
      return load.promise
    },
    read: (which, lag) => read(pick(which), lag),
    answer: (which, isGood) => answer(pick(which), isGood),
    async recover(clock, deliver) {
      for (let round = 0; round < 20; round++) {
        log.open()
        while (log.waiting > 0) deliver()
        for (const load of loads) {
          read(load, 0)
          answer(load, true)
        }
        await settled()
        clock.advance(5000)
        await settled()
      }
      log.publish()
      deliver()
      await settled()
    },
  }
}
