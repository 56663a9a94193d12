import type { Contestant } from '../contestants/catalog.ts'
import type { Cores } from '../cores.ts'
import type { Scale } from '../scale.ts'

/** What a run measures, one file each in this folder. */
export interface Figure {
  /** What `--only` takes. */
  readonly name: string
  readonly title: string
  measure(bench: Bench): Promise<void>
}

/** One measurement: raw, before any median. */
export interface Sample {
  readonly figure: string
  readonly contestant: string
  /** What was the same for all contestants: streams, events a turn, bytes an event. */
  readonly setting: Readonly<Record<string, number>>
  /** From 0. What has the same number was measured in the same round. */
  readonly repetition: number
  readonly measures: Readonly<Record<string, number>>
}

/** A run of the bench, as its figures see it. */
export interface Bench {
  readonly scale: Scale
  /** Those of the run that can be measured here. */
  readonly contestants: readonly Contestant[]
  readonly cores: Cores | undefined
  record(sample: Sample): void
  disqualify(contestant: string, figure: string, reason: string): void
  /** Whether it was disqualified in this figure. */
  isOut(contestant: string, figure: string): boolean
  progress(figure: string, step: string): void
  /** The output of a program that measures by itself. */
  output(program: string, command: string, text: string): void
}

/**
 * Every contestant once, then every contestant again: what disturbs the machine for a while disturbs all alike. Each round begins with another
 * one. A contestant that fails is out of this figure.
 */
export async function rounds(
  bench: Bench,
  figure: Figure,
  contestants: readonly Contestant[],
  repetitions: number,
  measure: (contestant: Contestant, repetition: number) => Promise<void>,
): Promise<void> {
  for (let repetition = 0; repetition < repetitions; repetition++) {
    const shift = (repetition * 5) % Math.max(1, contestants.length)
    for (const contestant of [...contestants.slice(shift), ...contestants.slice(0, shift)]) {
      if (bench.isOut(contestant.name, figure.name)) continue
      bench.progress(figure.name, `${repetition + 1}/${repetitions} ${contestant.title}`)
      try {
        await measure(contestant, repetition)
      } catch (error) {
        bench.disqualify(contestant.name, figure.name, error instanceof Error ? error.message : String(error))
      }
    }
  }
}
