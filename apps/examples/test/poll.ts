export interface Answer {
  readonly events: readonly { readonly id?: string; readonly event: string; readonly data: string }[]
  readonly cursor: string
  readonly gap?: unknown
}

/** Asks as the pages of the examples do. */
export async function poll(
  origin: string,
  cursor = '',
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(`${origin}/events?lastEventId=${encodeURIComponent(cursor)}`, {
    headers: { Accept: 'application/json', ...headers },
  })
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`)
  return (await response.json()) as Answer
}

/** Asks again and again, from where the last answer ended, until there were so many notifications. */
export async function pollFor(count: number, origin: string, headers: Record<string, string> = {}) {
  const answers = [await poll(origin, '', headers)]
  const events = () => answers.flatMap((answer) => answer.events)
  while (events().length < count) answers.push(await poll(origin, answers.at(-1)?.cursor, headers))
  return { answers, numbers: events().map(({ data }): number => JSON.parse(data).number) }
}
