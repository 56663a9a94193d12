import fc from 'fast-check'

/** What hostile values throw: it may come out of a call as it is, or as the cause of an `SseError`. */
export class Hostile extends Error {}

const hostile = (): never => {
  throw new Hostile('hostile')
}

/** A value that is made when it is used, so that no two runs share it; its name is what a failure shows. */
export interface Given {
  readonly name: string
  readonly make: () => unknown
}

class Account {
  readonly #secret = 1
  name = 'mina'
  get secret() {
    return this.#secret
  }
}

const traps: ProxyHandler<object> = {
  get: hostile,
  has: hostile,
  ownKeys: hostile,
  getOwnPropertyDescriptor: hostile,
  getPrototypeOf: hostile,
}

/** Values that throw, lie or are endless when they are looked at. */
const hostileMakers: Readonly<Record<string, () => unknown>> = {
  'a getter that throws': () => Object.defineProperty({}, 'event', { enumerable: true, get: hostile }),
  'a proxy that throws': () => new Proxy({}, traps),
  'a proxy of an array that throws': () => new Proxy([], traps),
  'a toJSON that throws': () => ({ toJSON: hostile }),
  'a toJSON that throws what has no text': () => ({
    toJSON() {
      throw Object.create(null)
    },
  }),
  'a toJSON that gives undefined': () => ({ toJSON: () => undefined }),
  'a toJSON that gives a bigint': () => ({ toJSON: () => 1n }),
  'a toJSON that gives text with line ends': () => ({ toJSON: () => 'a\r\nid: 9\n\ndata: b' }),
  'a toString that throws': () => ({ toString: hostile, [Symbol.toPrimitive]: hostile }),
  'a function whose toString throws': () => Object.assign(() => {}, { toString: hostile }),
  'an array that knows no join': () =>
    Object.assign([Object.create(null)], { join: hostile, toString: hostile }),
  'a cycle': () => {
    const cycle: { self?: object } = {}
    cycle.self = cycle
    return cycle
  },
  'an array in itself': () => {
    const array: unknown[] = ['news']
    array.push(array)
    return array
  },
  'what is nested too deep': () => {
    let nested: unknown = 'news'
    for (let depth = 0; depth < 50_000; depth++) nested = [nested]
    return nested
  },
  'a bigint': () => 1n,
  'a bigint in an array': () => [1n],
  'a symbol': () => Symbol('news'),
  'a registered symbol': () => Symbol.iterator,
  'a function': () => () => 'news',
  'a class': () => Account,
  'an instance of a class': () => new Account(),
  'a Date': () => new Date(0),
  'a Date that is none': () => new Date(Number.NaN),
  'what pretends to be a Date': () => Object.create(Date.prototype),
  'a proxy of a Date': () => new Proxy(new Date(), {}),
  'a Buffer': () => Buffer.from('a\nb'),
  'typed numbers': () => new Float32Array([1, Number.NaN]),
  'typed bigints': () => new BigInt64Array(2),
  'a RegExp': () => /news/,
  'an Error': () => new Error('news'),
  'a Map': () => new Map([['event', 'tick']]),
  'a Set': () => new Set(['news']),
  'a promise': () => Promise.resolve('news'),
  'a generator': () =>
    (function* () {
      yield 'news'
    })(),
  'text in an object': () => new String('news'),
  'a number in an object': () => new Number(7),
  'an array with holes': () => Object.assign([], { 3: 'news' }),
  'an object without a prototype': () => Object.assign(Object.create(null), { event: 'tick' }),
  'an object with its own __proto__': () => JSON.parse('{"__proto__":{"event":"tick"},"constructor":1}'),
  'a long text': () => 'x'.repeat(70_000),
  'a lone surrogate': () => 'a\ud800b',
  'a text of line ends': () => '\r\n\n\r\r\n',
  'a line separator': () => 'a\u2028b\u2029c\u0085d',
  'a NUL': () => 'a\0b',
  'a byte order mark': () => '\ufeffdata: x',
  'a text of fields': () => 'x\n\nevent: forged\nid: 666\nretry: 1\ndata: forged\n\n',
  null: () => null,
  undefined: () => undefined,
  NaN: () => Number.NaN,
  '-0': () => -0,
  Infinity: () => Number.POSITIVE_INFINITY,
  '2^53': () => 2 ** 53,
  '2^31': () => 2 ** 31,
  'an empty text': () => '',
}

/** Values that cannot be looked at at all, not even for a message. */
const unspeakableMakers: Readonly<Record<string, () => unknown>> = {
  'a revoked proxy': () => revoked({}),
  'a revoked proxy of an array': () => revoked([]),
  'a revoked proxy of a function': () => revoked(() => {}),
  'a tag that throws': () => Object.defineProperty({ toJSON: hostile }, Symbol.toStringTag, { get: hostile }),
}

function revoked(target: object): object {
  const { proxy, revoke } = Proxy.revocable(target, {})
  revoke()
  return proxy
}

const named = (makers: Readonly<Record<string, () => unknown>>) =>
  Object.entries(makers).map(([name, make]): Given => ({ name, make }))

/** Options of `fc.anything`. */
const kinds =
  'BigInt BoxedValues Date Map Set NullPrototype ObjectString SparseArray TypedArray UnicodeString'.split(' ')
const anything = fc
  .anything({ ...Object.fromEntries(kinds.map((kind) => [`with${kind}`, true])), maxDepth: 3 })
  .map((value): Given => ({ name: fc.stringify(value), make: () => value }))

export const unspeakable: fc.Arbitrary<Given> = fc.constantFrom(...named(unspeakableMakers))

/** Text in which everything that has a meaning on the wire comes together. */
export const trickyText: fc.Arbitrary<string> = fc
  .array(fc.constantFrom(...'\r|\n|\r\n|\0| |:|data:|id: 9|event: x|\ud800|\ufeff|\u2028|한|x'.split('|')), {
    maxLength: 6,
  })
  .map((parts) => parts.join(''))

export const anyText: fc.Arbitrary<string> = fc.oneof(
  trickyText,
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom(
    'open',
    'error',
    'message',
    'sse.',
    'sse.open',
    'sse:control',
    '__proto__',
    'constructor',
    'toString',
  ),
)

/** A text, or its like, as a value. */
export const given = (value: unknown): Given => ({ name: fc.stringify(value), make: () => value })

/** Any value whatever. */
export const anyValue: fc.Arbitrary<Given> = fc.oneof(
  fc.constantFrom(...named(hostileMakers)),
  anyText.map(given),
  anything,
)

/** Mostly one of these, else any value whatever. */
export function oftenOneOf(...values: fc.Arbitrary<unknown>[]): fc.Arbitrary<Given> {
  return fc.oneof(
    { weight: 3, arbitrary: fc.oneof(...values).map(given) },
    { weight: 2, arbitrary: anyValue },
  )
}

/** Options of which each is mostly what it should be; sometimes there are none, or anything else stands in their place. */
export function anyOptions(members: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<Given> {
  const each = Object.entries(members).map(([name, value]) => [name, oftenOneOf(value)] as const)
  const options = fc
    .record<Record<string, Given>>(Object.fromEntries(each), { requiredKeys: [] })
    .map((all): Given => {
      const entries = Object.entries(all)
      return {
        name: entries.map(([name, value]) => `${name}: ${value.name}`).join(', '),
        make: () => Object.fromEntries(entries.map(([name, value]) => [name, value.make()])),
      }
    })
  return fc.oneof(
    { weight: 6, arbitrary: options },
    { weight: 1, arbitrary: fc.constant(given(undefined)) },
    { weight: 1, arbitrary: anyValue },
  )
}
