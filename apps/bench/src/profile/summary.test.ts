import { expect, it } from 'vitest'
import { type CpuProfile, categories, functions } from './summary.ts'

/** A profile in which each function took so many microseconds. */
function profileOf(frames: readonly [functionName: string, url: string, time: number][]): CpuProfile {
  return {
    nodes: frames.map(([functionName, url], id) => ({ id, callFrame: { functionName, url, lineNumber: 9 } })),
    samples: frames.map((_, id) => id),
    timeDeltas: frames.map(([, , time]) => time),
  }
}

const profile = profileOf([
  ['(idle)', '', 5_000],
  ['writeBuffer', '', 60],
  ['(garbage collector)', '', 10],
  ['deliver', 'file:///somewhere/packages/core/src/log/fan-out.ts', 15],
  ['deliver', 'file:///somewhere/packages/core/src/log/reader.ts', 5],
  ['write', 'file:///somewhere/packages/express/src/response/node-transport.ts', 4],
  ['Writable.write', 'node:internal/streams/writable', 6],
])

it('parts the time in which the process was not idle by where the code lives', () => {
  expect(categories(profile)).toEqual([
    { name: 'write: libuv and the kernel', part: 0.6 },
    { name: '@sse/core log', part: 0.2 },
    { name: 'garbage collection', part: 0.1 },
    { name: "Node's sockets and streams", part: 0.06 },
    { name: '@sse/express response', part: 0.04 },
  ])
})

it('tells functions of the same name apart by their place, without the path of the machine', () => {
  expect(functions(profile).map(({ name }) => name)).toEqual([
    'writeBuffer',
    'deliver packages/core/src/log/fan-out.ts:10',
    '(garbage collector)',
    'Writable.write node:internal/streams/writable:10',
    'deliver packages/core/src/log/reader.ts:10',
    'write packages/express/src/response/node-transport.ts:10',
  ])
})
