import { cores } from './cores.ts'
import { cpu } from './cpu.ts'
import type { Figure } from './figure.ts'
import { interactive } from './interactive.ts'
import { latency } from './latency.ts'
import { opening } from './opening.ts'
import { elsewhere } from './programs.ts'
import { reached } from './reached.ts'
import { resume } from './resume.ts'

/** All that is measured, in the order of a run. */
export const figures: readonly Figure[] = [
  cpu,
  cores,
  opening,
  latency,
  resume,
  reached,
  interactive,
  elsewhere,
]
