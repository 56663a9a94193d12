import { OutgoingMessage } from 'node:http'
import { afterEach, describe, expect, it, vi } from 'vitest'

/** Undocumented, but patched all the same: `write` calls them on its way to the socket. */
type Internals = Record<'write' | '_send' | '_writeRaw', (...args: unknown[]) => unknown>
const prototype = OutgoingMessage.prototype as unknown as Internals
const { write, _send, _writeRaw } = prototype

/** What an agent loaded before us leaves behind is there when the module is loaded. */
async function ownWriteNow() {
  vi.resetModules()
  return (await import('./nodes-own-write.ts')).nodesOwnWrite
}

afterEach(() => void Object.assign(prototype, { write, _send, _writeRaw }))

describe("Node's own write", () => {
  it('is known when nobody has wrapped it', async () => {
    expect(await ownWriteNow()).toBe(write)
  })

  const wrappers: Record<string, (original: typeof write) => typeof write> = {
    'a function': (original) =>
      function (this: unknown, ...args) {
        return original.apply(this, args)
      },
    'one that imitates name, length, source and prototype': (original) => {
      function imitation(this: unknown, ...args: unknown[]) {
        return Reflect.apply(original, this, args)
      }
      for (const name of ['name', 'length']) {
        Object.defineProperty(imitation, name, { value: original[name as 'name'] })
      }
      imitation.toString = () => Function.prototype.toString.call(original)
      return Object.setPrototypeOf(imitation, Object.getPrototypeOf(original))
    },
    'a proxy': (original) => new Proxy(original, { apply: (...call) => Reflect.apply(...call) }),
    'one of several wrappers': (original) => {
      const inner = (self: unknown, args: unknown[]) => original.apply(self, args)
      return function (this: unknown, ...args) {
        return inner(this, args)
      }
    },
    'one that hands on to nobody': () => () => true,
    'one that throws at what it does not know': () => () => {
      throw new TypeError('Not a response of mine.')
    },
  }
  const methods = ['write', '_send', '_writeRaw'] as const
  const cases = methods.flatMap((method) => Object.keys(wrappers).map((name) => [method, name] as const))

  it.each(cases)('is unknown when `%s` was wrapped before by %s', async (method, name) => {
    prototype[method] = wrappers[name]!(prototype[method])
    expect(await ownWriteNow()).toBeUndefined()
  })
})
