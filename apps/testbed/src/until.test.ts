import { expect, test } from 'vitest'
import { until } from './until.ts'

test('gives back the first truthy value', async () => {
  const values = [undefined, 0, '', 'here']
  expect(await until(() => values.shift(), { interval: 0 })).toBe('here')
})

test('waits for conditions that are promises', async () => {
  const values = [false, true]
  expect(await until(async () => values.shift(), { interval: 0 })).toBe(true)
})

test('a condition that throws does not hold yet', async () => {
  let looks = 0
  const refusedTwice = () => {
    looks += 1
    if (looks < 3) throw new Error('refused')
    return looks
  }
  expect(await until(refusedTwice, { interval: 0 })).toBe(3)
})

test('a condition that never holds is told with its last value', async () => {
  await expect(until(() => 0, { timeout: 0 })).rejects.toThrow('the last value was 0')
})

test('a condition that never stops throwing is told with its last error', async () => {
  const refused = new Error('refused')
  const never = until(() => Promise.reject(refused), { timeout: 0 })
  await expect(never).rejects.toMatchObject({ message: expect.stringContaining('refused'), cause: refused })
})
