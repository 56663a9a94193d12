import { setTimeout as delay } from 'node:timers/promises'

/** Milliseconds that a token takes to be generated. */
const pace = Number(process.env['INTERVAL'] ?? 60)

/** What this model answers: the prompt, and always the same three paragraphs. */
export const answerTo = (prompt: string): string => `You asked: “${prompt}”

I am not a real model, so I always give the same answer. It comes word by word, because a real model also produces one token after the other. A reader can begin with the first sentence while the last one does not exist yet.

The server writes each token into a log and sends it to every page that shows this answer. A second tab therefore sees the same words at the same time. If you reload the page now, it first receives everything that was written so far, and then the rest as it comes.

You can also close all tabs. The work continues on the server, and the whole answer is there when you come back. Only the Stop button ends it early.`

/**
 * What the library of a model gives: an async iterable of pieces of text, and a signal that stops the work. Put yours here, for instance
 *
 *     const stream = await openai.chat.completions.create({ model, messages, stream: true }, { signal: stop.signal })
 *     for await (const { choices } of stream) yield choices[0]?.delta.content ?? ''
 */
export async function* generate(prompt: string): AsyncGenerator<string> {
  const stop = new AbortController()
  let tokens = 0
  let isComplete = false
  try {
    for (const token of answerTo(prompt).match(/\S+\s*/g) ?? []) {
      await delay(pace, undefined, { signal: stop.signal })
      tokens++
      yield token
    }
    isComplete = true
  } finally {
    // The run was stopped: so is the model.
    stop.abort()
    console.log(`${isComplete ? 'complete' : 'stopped'} after ${tokens} tokens`)
  }
}
