import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Profiles } from '@sse/bench/profile'

/** What a part of the code costs a delivery, in microseconds: in ours, and in bare sockets. */
export interface Part {
  readonly name: string
  readonly ours: number
  readonly floor: number
}

export interface Explained {
  readonly when: string
  readonly ours: number
  readonly floor: number
  /** The dearest first; what is too small to be seen is left out. */
  readonly parts: readonly Part[]
}

declare const data: Explained | null

export { data }

const path = fileURLToPath(new URL('../../bench/results/profile.json', import.meta.url))
/** Microseconds. */
const smallest = 0.01

export default {
  watch: ['../../bench/results/profile.json'],
  load: (): Explained | null =>
    existsSync(path) ? explained(JSON.parse(readFileSync(path, 'utf8')) as Profiles) : null,
}

export function explained({ finished, profiles }: Profiles): Explained {
  const costOf = (name: string) => {
    const profile = profiles.find((one) => one.name === name)
    const { perDelivery = 0, where = [] } = profile ?? {}
    return { perDelivery, parts: new Map(where.map(({ name, part }) => [name, part * perDelivery])) }
  }
  const [ours, floor] = [costOf('ours'), costOf('floor')]
  const names = new Set([...ours.parts.keys(), ...floor.parts.keys()])
  const parts = [...names].map((name) => ({
    name,
    ours: ours.parts.get(name) ?? 0,
    floor: floor.parts.get(name) ?? 0,
  }))
  return {
    when: finished.slice(0, 10),
    ours: ours.perDelivery,
    floor: floor.perDelivery,
    parts: parts
      .filter((part) => Math.max(part.ours, part.floor) >= smallest)
      .sort((one, other) => other.ours - one.ours),
  }
}
