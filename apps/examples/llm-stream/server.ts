import { setTimeout as delay } from 'node:timers/promises'
import { sse } from '@sse/express'
import express from 'express'
import { listen } from '../listen.ts'
import { page } from '../page.ts'

/** Milliseconds that a token takes to be generated. */
const pace = Number(process.env['INTERVAL'] ?? 60)

/**
 * What a model's library gives: an async iterable of pieces of text, and a signal that stops the work. This one has nothing to say
 * and repeats the prompt; put yours here, for instance
 *
 *     const stream = await openai.chat.completions.create({ model, messages, stream: true }, { signal })
 *     for await (const { choices } of stream) yield choices[0]?.delta.content ?? ''
 */
async function* generate(prompt: string, signal: AbortSignal): AsyncGenerator<string> {
  let tokens = 0
  try {
    for (const token of `You said:\n“${prompt}”. ${'I will say more about it. '.repeat(20)}`.match(
      /\S+\s*/g,
    ) ?? []) {
      await delay(pace, undefined, { signal })
      tokens++
      yield token
    }
    console.log(`complete after ${tokens} tokens`)
  } finally {
    if (signal.aborted) console.log(`cancelled after ${tokens} tokens`)
  }
}

const app = express()
app.use(sse())

app.get('/answer', async (req, res) => {
  const prompt = String(req.query['prompt'] ?? '').slice(0, 4_000)
  // A string travels as it is: the spaces and line breaks of tokens are theirs. A token is asked for when there is room
  // for it, so a slow reader slows the model down and fills no memory.
  try {
    await res.sse.from(generate(prompt, res.sse.signal), { event: 'token' })
  } catch (error) {
    // The head is sent: what goes wrong now can only be told by an event, and the details are for the log.
    if (!res.sse.closed) console.error(error)
    res.sse.send({ message: 'The answer broke off.' }, { event: 'failed' })
  }
  // Told apart from a connection that broke. Without it the browser would come back, and ask the model once more.
  res.sse.close({ reconnect: false })
})

app.use(await page(import.meta.dirname, 'LLM stream'))
listen(app)
