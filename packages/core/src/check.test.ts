import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkNames } from './check.ts'

const known = ['heartbeat', 'origins', 'perKey', 'streams', 'prefix', 'event', 'idempotencyKey']

describe('checkNames', () => {
  it.each([
    ['heartBeat', 'Did you mean heartbeat?'],
    ['origin', 'Did you mean origins?'],
    ['perUser', 'Did you mean perKey?'],
    ['prefx', 'Did you mean prefix?'],
    ['name', 'Did you mean event?'],
    ['idempotency_key', 'Did you mean idempotencyKey?'],
    ['colour', 'The options are heartbeat, origins'],
  ])('refuses %s: %s', (name, wayOut) => {
    const check = () => checkNames('', { [name]: 1 }, known)
    expect(check).toThrow(expect.objectContaining({ code: 'invalid-option', value: name }))
    expect(check).toThrow(`${name} is not an option. ${wayOut}`)
  })

  it('puts the prefix before the name', () => {
    expect(() => checkNames('limits.', { perUser: 1 }, known)).toThrow(
      'limits.perUser is not an option. Did you mean limits.perKey?',
    )
  })

  it('accepts every option, and names without a value, inherited names and hidden names', () => {
    const options = Object.assign(Object.create({ inherited: 1 }), { heartbeat: 1, nothing: undefined })
    Object.defineProperty(options, 'hidden', { value: 1, enumerable: false })
    expect(() => checkNames('', options, known)).not.toThrow()
  })

  it('refuses any other name, with a short message', () => {
    fc.assert(
      fc.property(fc.string(), (name) => {
        fc.pre(!known.includes(name) && name !== '__proto__')
        try {
          checkNames('', { [name]: 1 }, known)
        } catch (error) {
          expect((error as Error).message.length).toBeLessThan(250)
          return
        }
        expect.fail(`${name} was taken`)
      }),
    )
  })
})
