import type { codes, EndCase, ErrorCase } from './cases.ts'

/** What a case threw. */
export interface Thrown {
  readonly its: ErrorCase
  readonly message: string
}

const head = `# Errors

Wrong use throws at the call, or rejects the promise that the call returned. The error is an \`SseError\`: its \`code\` is for programs, its \`message\`
says what to write instead, and its \`value\` is what was given. Failures that no call can report go to \`onError\` of the hub.

A test makes every wrong call of this page, runs what to write instead, and writes the page from the messages. In the calls, \`hub\` is a hub in
memory, \`log\` is a hub with the SQLite log \`broker\`, \`database\` is the database of that log, and \`other\` is another connection to its file. Lines with
\`res\` stand in the handler of \`GET /events\`. \`load()\` returns a promise, and \`schema\` is the schema of a string.
`

const endHead = `## Why a stream ended

\`res.sse.signal.reason\` is an \`SseError\` too, with the name \`AbortError\`. Its \`code\` says why the stream ended, and \`onStream\` is told the same code.

| code | when | for example |
|---|---|---|
`

/** The page of all errors, from the messages that were thrown. */
export function pageOf(meanings: typeof codes, thrown: readonly Thrown[], ends: readonly EndCase[]): string {
  const sections = Object.entries(meanings).map(([code, meaning]) => {
    const rows = thrown.filter(({ its }) => its.code === code).map(rowOf)
    return `## \`${code}\` {#${code}}\n\n${meaning}\n\n| wrong | message | instead |\n|---|---|---|\n${rows.join('')}`
  })
  const endings = ends.map(({ end, means, route, after }) =>
    row(
      codeOf(end),
      means,
      [route, after]
        .filter((part) => part !== undefined)
        .map(codeOf)
        .join(', then '),
    ),
  )
  return `${head}\n${sections.join('\n')}\n${endHead}${endings.join('')}`
}

function rowOf({ its: { wrong, instead, wayOut, told }, message }: Thrown): string {
  const where = told ? ' (told to `onError`)' : ''
  return row(
    codeOf(wrong),
    `${escaped(message)}${where}`,
    instead === undefined ? (wayOut ?? '') : codeOf(instead),
  )
}

function row(...cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |\n`
}

/** Code in a cell of a table, which has one line; VitePress would read braces twice in a row as Vue's. */
function codeOf(code: string): string {
  return `<code v-pre>${escaped(code).replaceAll('\n', '<br>')}</code>`
}

/** Text as it stands, whatever Markdown, HTML and tables would make of it. */
function escaped(text: string): string {
  return text.replace(/[&<>|{}[\]*_`\\]/g, (letter) => `&#${letter.charCodeAt(0)};`)
}
