/**
 * Replaces the globals of time, randomness and pages. Outside of a program they do what they always did. This module must be loaded before the
 * packages, because some of them read a global when they load.
 */
import nodeCrypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import timersPromises from 'node:timers/promises'
import { runningProgram } from './program.ts'
import type { Task } from './scheduler.ts'

/** What `setTimeout` and the others return: enough of Node's `Timeout`. */
class Timer {
  task: Task | undefined

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }

  hasRef(): boolean {
    return true
  }
}

type Callback = (...values: unknown[]) => void

const { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate } = globalThis
const realNow = performance.now.bind(performance)
const RealDate = Date

function clear(clearReal: (timer: never) => void) {
  return (timer: unknown): void => {
    if (!(timer instanceof Timer)) clearReal(timer as never)
    else if (timer.task) timer.task.run = undefined
  }
}

class ProgramDate extends RealDate {
  constructor(...parts: unknown[]) {
    if (parts.length > 0) super(...(parts as [number]))
    else super(ProgramDate.now())
  }

  static override now(): number {
    return runningProgram()?.wallTime ?? RealDate.now()
  }
}

function fill<T extends NodeJS.ArrayBufferView>(view: T): T | undefined {
  const program = runningProgram()
  if (!program) return undefined
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
  for (let at = 0; at < bytes.length; at++) bytes[at] = Math.floor(program.random() * 256)
  return view
}

function randomUuid(): `${string}-${string}-${string}-${string}-${string}` | undefined {
  const bytes = fill(new Uint8Array(16))
  if (!bytes) return undefined
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = Buffer.from(bytes).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

const replaced = {
  setTimeout(run: Callback, delay = 0, ...values: unknown[]) {
    const program = runningProgram()
    if (!program) return setTimeout(run, delay, ...values)
    const timer = new Timer()
    timer.task = program.later(Math.max(1, Number(delay) || 0), () => run(...values))
    return timer
  },
  setInterval(run: Callback, delay = 0, ...values: unknown[]) {
    const program = runningProgram()
    if (!program) return setInterval(run, delay, ...values)
    const timer = new Timer()
    const tick = () => {
      timer.task = program.later(Math.max(1, Number(delay) || 0), tick)
      run(...values)
    }
    timer.task = program.later(Math.max(1, Number(delay) || 0), tick)
    return timer
  },
  setImmediate(run: Callback, ...values: unknown[]) {
    const program = runningProgram()
    if (!program) return setImmediate(run, ...values)
    const timer = new Timer()
    // Hubs of one process share the end of a turn, so it comes even if the program that asked for it was killed.
    timer.task = program.later(0, () => run(...values), true)
    return timer
  },
  clearTimeout: clear(clearTimeout),
  clearInterval: clear(clearInterval),
  clearImmediate: clear(clearImmediate),
  Date: ProgramDate,
}

for (const [name, value] of Object.entries(replaced))
  Object.defineProperty(globalThis, name, { configurable: true, writable: true, value })

performance.now = () => runningProgram()?.monotonicTime ?? realNow()

const realRandom = Math.random
Math.random = () => runningProgram()?.random() ?? realRandom()

const { getRandomValues, randomUUID } = crypto
crypto.getRandomValues = ((view: Uint8Array<ArrayBuffer>) =>
  fill(view) ?? getRandomValues.call(crypto, view)) as typeof getRandomValues
crypto.randomUUID = () => randomUuid() ?? randomUUID.call(crypto)

const { randomFillSync, randomBytes, randomUUID: nodeUuid } = nodeCrypto
Object.assign(nodeCrypto, {
  randomFillSync: (view: Uint8Array) => fill(view) ?? randomFillSync(view),
  randomBytes: (size: number) => (runningProgram() ? fill(Buffer.alloc(size)) : randomBytes(size)),
  randomUUID: () => randomUuid() ?? nodeUuid(),
})
const { setTimeout: wait } = timersPromises
Object.assign(timersPromises, {
  setTimeout: (delay: number) =>
    runningProgram() ? new Promise((resolve) => globalThis.setTimeout(resolve, delay)) : wait(delay),
})
syncBuiltinESMExports()

/** Names that a page has and a server lacks. */
const ofPages =
  `window document location navigator addEventListener removeEventListener sessionStorage localStorage
  BroadcastChannel requestAnimationFrame cancelAnimationFrame fetch`.split(/\s+/)

for (const name of ofPages) {
  const own = Object.getOwnPropertyDescriptor(globalThis, name)
  Object.defineProperty(globalThis, name, {
    configurable: true,
    get() {
      const program = runningProgram()
      if (program) return program.page?.[name]
      // Storage of Node itself warns when it is read.
      return name.endsWith('Storage') ? undefined : own?.get ? own.get.call(globalThis) : own?.value
    },
    set(value: unknown) {
      Object.defineProperty(globalThis, name, { configurable: true, writable: true, value })
    },
  })
}
