/** How a server ends: when it is told to, and in order. */
import { spawnSync } from 'node:child_process'
import type { Server } from 'node:http'

/**
 * Ends the process after `leave`, at SIGINT, at SIGTERM, or when the `pnpm` or `npx` that started it has ended. Only the first of these counts: a
 * terminal and pnpm both send a signal.
 *
 * @param onFailure is told why `leave` failed, before the process ends with 1
 */
export function leaveWhenTold(leave: () => Promise<void>, onFailure: (error: unknown) => void): void {
  let leaving = false
  function end(): void {
    if (leaving) return
    leaving = true
    void leave().then(
      () => process.exit(0),
      (error: unknown) => {
        onFailure(error)
        process.exit(1)
      },
    )
  }
  process.on('SIGINT', end).on('SIGTERM', end)
  whenStarterEnds(end)
}

/**
 * Closes the server: first its streams, since an open one keeps it from closing, then the requests under way.
 *
 * @param patience how long those may take, in ms; then their connections are cut
 */
export async function closeServer(
  server: Server,
  closeStreams: () => Promise<unknown>,
  patience = 0,
): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  await closeStreams()
  setTimeout(() => server.closeAllConnections(), patience).unref()
  await closed
}

/** npm passes a signal on to its shell, and the shell ends without passing it on. So the server looks once a second whether they are still there. */
function whenStarterEnds(end: () => void): void {
  const starters = packageManagers()
  if (starters.length === 0) return
  const timer = setInterval(() => {
    if (starters.every(isRunning)) return
    clearInterval(timer)
    end()
  }, 1_000)
  timer.unref()
}

/** A command line with one of them in it, as a program or as its script. */
const packageManager = /(?:^|[\s/])(?:pnpm|npm|npx)(?:\.c?js)?(?:\s|$)/

/** The processes of pnpm, npm and npx that this one descends from. None where there is no `ps`. */
function packageManagers(): number[] {
  // Scripts of package.json are told their name.
  if (process.env['npm_lifecycle_event'] === undefined) return []
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' })
  const processes = new Map(
    Array.from((stdout ?? '').matchAll(/^ *(\d+) +(\d+) (.*)$/gm), ([, pid, parent, command = '']) => [
      Number(pid),
      { parent: Number(parent), command },
    ]),
  )
  const found: number[] = []
  for (let pid = process.ppid; ; ) {
    const ancestor = processes.get(pid)
    if (ancestor === undefined) return found
    if (packageManager.test(ancestor.command)) found.push(pid)
    pid = ancestor.parent
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // EPERM: it runs, and belongs to another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
