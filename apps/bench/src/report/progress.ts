/** What a run tells while it runs, on stderr: stdout is for the results. */
export interface Progress {
  /** A line that stays. */
  say(text: string): void
  /** What is being done; replaces the last one on a terminal. */
  step(figure: string, step: string): void
  /** Takes the last step away. */
  clear(): void
}

/** Milliseconds between two steps that are told where they cannot replace each other. */
const interval = 10_000

export function createProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  const start = performance.now()
  let told = start
  const elapsed = () => {
    const seconds = Math.round((performance.now() - start) / 1_000)
    return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
  }
  const clear = () => {
    if (stream.isTTY) stream.write('\r\x1b[K')
  }
  return {
    clear,
    say(text) {
      clear()
      stream.write(`${text}\n`)
    },
    step(figure, step) {
      const line = `${elapsed()} ${figure} ${step}`
      if (stream.isTTY) stream.write(`\r\x1b[K${line.slice(0, (stream.columns ?? 80) - 1)}`)
      else if (performance.now() - told > interval) {
        told = performance.now()
        stream.write(`${line}\n`)
      }
    },
  }
}
