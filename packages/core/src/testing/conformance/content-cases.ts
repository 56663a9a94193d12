import { assertSame } from './agreement.ts'
import type { ConformanceCase } from './conformance-case.ts'

interface Sample {
  readonly data?: string
  readonly event?: string | undefined
  readonly channels?: readonly string[]
}

const samples: Readonly<Record<string, Sample>> = {
  'an empty text': { data: '' },
  'white space': { data: ' \t x \u00a0 ' },
  'lines of every kind': { data: '\none\r\ntwo\rthree\u2028four\u0085\n' },
  'JSON, as it was written': { data: '{ "b": 1.0,"a":[1,null,"\\u0061"],"b":2, "n":12345678901234567890 }' },
  'text of all planes': { data: 'žluťoučký 알림 🐎👩‍👩‍👧 e\u0301 \u202eabc \uffff' },
  'a byte order mark': { data: '\ufeffx\ufeff' },
  'U+0000': { data: '\0a\0\0b\0' },
  'lone surrogates, at the least as U+FFFD': { data: 'a\ud800b\udc00\ud83d' },
  'what could end a quotation': { data: `'; DROP TABLE log; -- " \\ \` $1 %s ? :x` },
  'what looks like a number or nothing': { data: '007' },
  'the word null': { data: 'null' },
  '64 KiB of ASCII': { data: 'abcdefgh'.repeat(8_192) },
  '64 KiB of Hangul': { data: '알'.repeat(21_845) },
  'no event name': { event: undefined },
  'the event name message': { event: 'message' },
  'an event name with spaces and signs': { event: ' a:b/c 알림 🐎 ' },
  'an event name that is long': { event: 'x'.repeat(1_000) },
  'an event name that objects know': { event: '__proto__' },
  'a channel of 256 bytes': { channels: ['c'.repeat(256)] },
  'a channel of 256 bytes in Unicode': { channels: [`${'채널🐎'.repeat(25)}끝끝`] },
  'channels with signs in their names': { channels: ['user:7', 'a,b', '*', '[a-z]?', ' x ', '"', '0', '{}'] },
  'channels that objects know': { channels: ['__proto__', 'constructor', 'toString'] },
  'channels that differ in case or form only': { channels: ['é', 'e\u0301', 'É', 'a', 'A'] },
  '64 channels, in their order': { channels: Array.from({ length: 64 }, (_, n) => `channel:${63 - n}`) },
  'the reserved channel of the hubs': { channels: ['sse:control'] },
}

export const contentCases: readonly ConformanceCase[] = Object.entries(samples).map(([label, sample]) => ({
  name: `an entry comes back as it was published: ${label}`,
  run: async (trial) => {
    const { data = 'x', event, channels = ['a'] } = sample
    const member = await trial.start()
    const { id } = await member.publish(data, { event, channels })
    const expected = [{ id, previous: member.head, channels, event, data }]
    await member.has(id)
    assertSame(member.known, expected, 'as it is received')
    assertSame(await member.readOn(member.head), expected, 'as it is read')
  },
}))
