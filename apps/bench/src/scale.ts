/** How much a run measures. */
export interface Scale {
  readonly name: 'quick' | 'full'
  /** Of each figure, by its name. */
  readonly repetitions: Readonly<
    Record<'cpu' | 'cores' | 'opening' | 'latency' | 'resume' | 'reached' | 'interactive', number>
  >
  readonly cpu: {
    /** Streams, ascending: a server is given more and more. */
    readonly streams: readonly number[]
    readonly events: readonly number[]
    readonly bytes: readonly number[]
    /** Deliveries of turns with one event, and of those with more. */
    readonly single: number
    readonly several: number
    /** Parts in which each contestant delivers them, in turn with the others. */
    readonly slices: number
  }
  /** Streams of one process; two workers have twice as many. */
  readonly cores: { readonly streams: number; readonly deliveries: number; readonly slices: number }
  /** `slices`: parts in which each contestant opens them, in turn with the others. */
  readonly opening: { readonly warmUp: number; readonly streams: number; readonly slices: number }
  readonly latency: {
    readonly streams: number
    readonly turns: number
    /** Milliseconds from turn to turn. */
    readonly interval: number
    /** Parts in which they are measured, in turn with those of the same server when some of its readers never read. */
    readonly slices: number
    /** How many of the streams never read, and how many events of 2 kB they are sent before the others come. */
    readonly stalled: number
    readonly flood: number
    /** The contestants that take part, where not all do. */
    readonly only?: readonly string[]
  }
  readonly resume: { readonly streams: number; readonly log: number; readonly missed: number }
  /** How many writes all pages make together. */
  readonly reached: { readonly pages: number; readonly writes: number }
  /** Whether the programs of other packages are run too. */
  readonly programs: boolean
}

export const full: Scale = {
  name: 'full',
  repetitions: { cpu: 5, cores: 5, opening: 5, latency: 5, resume: 5, reached: 3, interactive: 5 },
  cpu: {
    streams: [100, 1_000, 10_000],
    events: [1, 10],
    bytes: [200, 2_000],
    single: 80_000,
    several: 100_000,
    slices: 5,
  },
  cores: { streams: 1_000, deliveries: 200_000, slices: 5 },
  opening: { warmUp: 500, streams: 10_000, slices: 10 },
  latency: { streams: 1_000, turns: 80, interval: 25, slices: 4, stalled: 10, flood: 4_000 },
  resume: { streams: 5_000, log: 1_000, missed: 10 },
  reached: { pages: 20, writes: 1_000 },
  programs: true,
}

export const quick: Scale = {
  name: 'quick',
  repetitions: { cpu: 2, cores: 2, opening: 1, latency: 1, resume: 2, reached: 1, interactive: 2 },
  cpu: { streams: [1_000], events: [1, 10], bytes: [200], single: 20_000, several: 20_000, slices: 3 },
  cores: { streams: 1_000, deliveries: 60_000, slices: 3 },
  opening: { warmUp: 200, streams: 1_000, slices: 4 },
  latency: {
    streams: 1_000,
    turns: 40,
    interval: 25,
    slices: 2,
    stalled: 10,
    flood: 4_000,
    only: ['ours', 'floor', 'better-sse'],
  },
  resume: { streams: 1_000, log: 1_000, missed: 10 },
  reached: { pages: 20, writes: 200 },
  programs: false,
}
