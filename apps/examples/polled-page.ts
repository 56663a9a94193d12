interface Answer {
  readonly events: readonly { readonly data: string }[]
  readonly cursor: string
  readonly gap?: unknown
}

/** Asks for what is new since the answer before, and shows it. */
export function createPoll(headers: Readonly<Record<string, string>>): () => Promise<void> {
  // The position in the log. Without one the first answer tells only that: from there on nothing is missed.
  let cursor = ''
  let asked = 0
  return async function poll() {
    const response = await fetch(`/events?lastEventId=${encodeURIComponent(cursor)}`, { headers })
    if (!response.ok) throw new Error(`The server answered ${response.status}`)
    const answer: Answer = await response.json()
    cursor = answer.cursor
    if (answer.gap) show('Something was missed: load the list again.')
    for (const { data } of answer.events) show(data)
    document.querySelector('#asked')?.replaceChildren(String(++asked))
  }
}

function show(text: string): void {
  const item = document.createElement('li')
  item.textContent = text
  document.querySelector('#notifications')?.append(item)
}
