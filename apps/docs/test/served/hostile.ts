/** Bodies that a route which takes JSON with these fields must refuse. */
export function hostileBodies(fields: readonly string[]): string[] {
  const values = [
    '""',
    'null',
    '7',
    '[]',
    '{"toString":1}',
    JSON.stringify('x'.repeat(5_000)),
    JSON.stringify('x'.repeat(70_000)),
  ]
  return [
    '',
    'not JSON',
    '{"title":',
    'null',
    '[]',
    '"text"',
    '{"__proto__":{"title":"x","text":"x"}}',
    JSON.stringify('x'.repeat(2_000_000)),
    ...values.flatMap((value) => fields.map((field) => `{"${field}":${value}}`)),
  ]
}

/** Addresses that nobody meant. */
export function hostilePaths(...paths: readonly (string | undefined)[]): string[] {
  const known = paths.flatMap((path) => path ?? [])
  return [
    '/%00',
    '/%E0%A4%A',
    '/../../etc/passwd',
    ...known.flatMap((path) => [
      `${path}${path.includes('?') ? '&' : '?'}lastEventId[x]=a`,
      `${path}${path.includes('?') ? '&' : '?'}lastEventId=${'9'.repeat(4_000)}`,
      `${path}${path.includes('?') ? '&' : '?'}channels=${encodeURIComponent('sse:x\n,,\ud83d\ude00')}`,
      `${path}${path.includes('?') ? '&' : '?'}channels[]=a`,
    ]),
  ]
}
