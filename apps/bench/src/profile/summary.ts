/** A profile of V8, as far as it is read here. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
  }[]
  readonly samples?: readonly number[]
  /** Microseconds. */
  readonly timeDeltas?: readonly number[]
}

type Frame = CpuProfile['nodes'][number]['callFrame']

/** A part of the time in which the process was not idle. */
export interface Share {
  readonly name: string
  /** 0 to 1. */
  readonly part: number
}

/** Self time by where the code lives. */
export function categories(profile: CpuProfile): Share[] {
  return shares(profile, categoryOf)
}

/** Self time by function. */
export function functions(profile: CpuProfile): Share[] {
  return shares(profile, ({ functionName, url, lineNumber }) => {
    const name = functionName || '(anonymous)'
    return url ? `${name} ${shortened(url)}:${lineNumber + 1}` : name
  })
}

/** Functions of libuv that end in a system call; the time in the kernel is theirs. */
const systemCalls: ReadonlySet<string> = new Set([
  'writeBuffer',
  'writev',
  'writeUtf8String',
  'writeLatin1String',
  'writeAsciiString',
  'readStart',
  'shutdown',
])

function categoryOf({ functionName, url }: Frame): string {
  if (functionName === '(garbage collector)') return 'garbage collection'
  if (systemCalls.has(functionName) && url === '') return 'write: libuv and the kernel'
  if (functionName === '(program)' || functionName === '(root)') return 'program: the event loop, reads, V8'
  const packaged = /\/packages\/(\w+)\/src\/(?:(\w+)\/)?/.exec(url)
  if (packaged) return `@sse/${packaged[1]} ${packaged[2] ?? ''}`.trim()
  if (url.includes('/apps/bench/')) return 'the bench'
  const installed = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*\/node_modules\/)/.exec(url)
  if (installed) return installed[1] ?? 'packages'
  if (/_http|internal\/http/.test(url)) return "Node's http"
  if (/stream|node:net/.test(url)) return "Node's sockets and streams"
  if (/timers|task_queues|async_hooks|process/.test(url)) return "Node's timers and queues"
  if (url.startsWith('node:')) return "Node's other modules"
  return 'V8 builtins'
}

function shares(
  { nodes, samples = [], timeDeltas = [] }: CpuProfile,
  nameOf: (frame: Frame) => string,
): Share[] {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))
  const times = new Map<string, number>()
  let busy = 0
  samples.forEach((id, index) => {
    const frame = frames.get(id)
    // To start and to end the profile is not what is looked at.
    if (!frame || frame.functionName === '(idle)' || frame.url === 'node:inspector') return
    const time = timeDeltas[index] ?? 0
    busy += time
    const name = nameOf(frame)
    times.set(name, (times.get(name) ?? 0) + time)
  })
  return [...times]
    .map(([name, time]) => ({ name, part: time / busy }))
    .sort((one, other) => other.part - one.part)
}

function shortened(url: string): string {
  return url.replace(/^file:\/\//, '').replace(/^.*\/(packages|apps|node_modules)\//, '$1/')
}
