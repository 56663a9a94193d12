import assert from 'node:assert/strict'
import type { GapReason } from '../../log/broker.ts'
import type { ConformanceCase } from './conformance-case.ts'
import type { Member } from './member.ts'

/** Texts that are no cursor of any broker: not 1 to 64 bytes of `!` to `~`, or of no form that ids have. */
const noCursors = [
  ...['', ' ', '\n', '\0', '\u007f', 'é', '커서', '🐎', '\ud800', 'x'.repeat(65), '1'.repeat(10_000), 'a b'],
  ...['__proto__', 'constructor', 'hasOwnProperty', '{}', '[]', '"', "'", '%', '\\', '$', '>', '+', '-', '*'],
]

/** Texts that some brokers could take for numbers. */
const numberLike = [
  '0',
  '-1',
  '1e3',
  '0x1',
  'NaN',
  'Infinity',
  '9007199254740993',
  '99999999999999999999',
  '0-0',
  '0-1',
]

export const cursorCases: readonly ConformanceCase[] = [
  {
    name: 'a text that is no cursor is unknown, and reading goes on from the head',
    run: async (trial) => {
      const member = await trial.start()
      const { id } = await member.publish('x')
      for (const cursor of noCursors) {
        assert.deepEqual(
          await member.read(cursor),
          { gap: 'unknown', resumeAt: id },
          `read after ${shown(cursor)}`,
        )
      }
    },
  },
  {
    name: 'a text that is no cursor is unknown to a new log too',
    run: async (trial) => {
      const member = await trial.start()
      assert.deepEqual(await member.read('__proto__'), { gap: 'unknown', resumeAt: member.head })
    },
  },
  {
    name: 'a number is no cursor, unless it is an id',
    run: async (trial) => {
      const member = await trial.start()
      const ids = new Set([member.head, ...(await member.publishAll(['1', '2', '3']))])
      for (const cursor of numberLike) if (!ids.has(cursor)) await isRefused(member, cursor)
    },
  },
  {
    name: 'an id that was changed is no cursor',
    run: async (trial) => {
      const member = await trial.start()
      const ids = new Set([member.head, ...(await member.publishAll(['1', '2', '3']))])
      for (const id of ids) {
        for (const cursor of changed(id)) if (!ids.has(cursor)) await isRefused(member, cursor)
      }
    },
  },
  {
    name: 'a cursor of another log is forked, and reading goes on before the oldest entry',
    run: async (trial) => {
      const member = await trial.start()
      const [first] = await member.publishAll(['1', '2'])
      await trial.elsewhere(async (other) => {
        const foreign = await other.start()
        for (const cursor of [foreign.head, ...(await foreign.publishAll(['1', '2', '3']))]) {
          const resumeAt = await gapAfter(member, cursor, 'forked')
          assert.equal((await member.readOn(resumeAt))[0]?.id, first)
        }
      })
    },
  },
]

/** A gap for this reason. @returns where reading goes on */
export async function gapAfter(member: Member, cursor: string, reason: GapReason): Promise<string> {
  const page = await member.read(cursor)
  assert.ok('gap' in page, `${shown(cursor)} is read on from as if it were complete`)
  assert.equal(page.gap, reason)
  return page.resumeAt
}

/** Any gap, after which reading goes on. */
async function isRefused(member: Member, cursor: string): Promise<void> {
  const page = await member.read(cursor)
  assert.ok('gap' in page, `${shown(cursor)} is read on from as if it were an id`)
  await member.readOn(page.resumeAt)
}

/** Texts that a careless reading could take for the id. */
function changed(id: string): string[] {
  const ends = [
    ` ${id}`,
    `${id} `,
    `${id}\n`,
    `${id}\0`,
    `${id}x`,
    `x${id}`,
    id.slice(1),
    id.slice(0, -1),
    `${id},${id}`,
  ]
  const cases = [id.toUpperCase(), id.toLowerCase()]
  const numbers = [...id.matchAll(/\d+/g)].flatMap(({ 0: digits, index }) =>
    ['0', '-', '+', ' ']
      .map((sign) => `${sign}${digits}`)
      .concat(`${digits}.0`, `${digits}e0`, '', '18446744073709551616', '9'.repeat(15))
      .map((number) => id.slice(0, index) + number + id.slice(index + digits.length)),
  )
  return [...ends, ...cases, ...numbers]
}

function shown(cursor: string): string {
  const text = JSON.stringify(cursor)
  return text.length > 40 ? `${text.slice(0, 37)}…` : text
}
