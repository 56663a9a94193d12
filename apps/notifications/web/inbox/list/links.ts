/** A piece of a text; with an address, a link. */
export interface Piece {
  readonly text: string
  readonly address?: string
}

/** The links in a text: what begins with `http://` or `https://`, without the punctuation behind it. */
export function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = []
  let end = 0
  for (const { 0: found, index } of text.matchAll(/\bhttps?:\/\/[^\s<>"]+/gi)) {
    const address = withoutEnd(found)
    if (!URL.canParse(address)) continue
    if (index > end) pieces.push({ text: text.slice(end, index) })
    pieces.push({ text: address, address })
    end = index + address.length
  }
  if (end < text.length) pieces.push({ text: text.slice(end) })
  return pieces
}

/** What ends a sentence ends the link too, and so does a bracket that was not opened in it. */
function withoutEnd(address: string): string {
  const shorter = address.replace(/[.,;:!?'’”»]+$/, '')
  if (!/[)\]]$/.test(shorter) || /[([]/.test(shorter)) return shorter
  return withoutEnd(shorter.slice(0, -1))
}
