import { expect, test } from 'vitest'
import { piecesOf } from './links.ts'

test.each([
  ['', []],
  ['No link', ['No link']],
  ['See https://example.com/a?b=c#d.', ['See ', ['https://example.com/a?b=c#d'], '.']],
  [
    '(http://example.com), 그리고 https://한국.kr/길!',
    ['(', ['http://example.com'], '), 그리고 ', ['https://한국.kr/길'], '!'],
  ],
  ['https://en.wikipedia.org/wiki/A_(b)', [['https://en.wikipedia.org/wiki/A_(b)']]],
  [
    'javascript:alert(1) data:text/html,x ftp://example.com',
    ['javascript:alert(1) data:text/html,x ftp://example.com'],
  ],
  ['<a href="https://example.com">x</a>', ['<a href="', ['https://example.com'], '">x</a>']],
  ['http:// https://', ['http:// https://']],
] as const)('the links in “%s”', (text, expected) => {
  const pieces = piecesOf(text)
  expect(pieces.map((piece) => (piece.address === undefined ? piece.text : [piece.text]))).toEqual(expected)
  expect(pieces.map((piece) => piece.text).join('')).toBe(text)
})
