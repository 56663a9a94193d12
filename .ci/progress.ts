import type { Progress } from './reporter.ts'

/** Milliseconds between two lines in a log, which keeps them all. */
const pause = 15_000

/** One line that says which steps run, how far they are, and what is left. */
export interface ProgressLine {
  /** A step has begun, or is as far as this. */
  show(name: string, progress?: Progress): void
  remove(name: string): void
  /** Prints text above the line. */
  print(text: string): void
  stop(): void
}

export function createProgressLine(left: () => number): ProgressLine {
  const isTerminal = process.stdout.isTTY && process.env['CI'] !== 'true'
  const running = new Map<string, string>()
  const start = performance.now()

  function text(): string {
    const seconds = Math.round((performance.now() - start) / 1000)
    const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
    const now = [...running].map(([name, far]) => name + far).join(' | ')
    return `${time}  ${now}${left() > 0 ? ` | ${left()} steps to come` : ''}`
  }
  const erase = () => isTerminal && process.stdout.write('\r\u001b[K')
  function draw(): void {
    if (!isTerminal) return
    erase()
    process.stdout.write(text().slice(0, process.stdout.columns - 1))
  }
  const timer = setInterval(() => (isTerminal ? draw() : console.log(text())), isTerminal ? 1000 : pause)

  return {
    show(name, progress) {
      const { counts, files, of } = progress ?? {}
      const tests =
        counts && `, ${counts.passed} passed${counts.failed > 0 ? `, ${counts.failed} FAILED` : ''}`
      running.set(name, progress ? `: ${files} of ${of} files${tests}` : '')
      draw()
    },
    remove(name) {
      running.delete(name)
    },
    print(lines) {
      erase()
      console.log(lines)
      draw()
    },
    stop() {
      clearInterval(timer)
      erase()
    },
  }
}
