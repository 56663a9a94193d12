/** Errors as problem documents (RFC 9457). */
import { STATUS_CODES } from 'node:http'
import type { ErrorRequestHandler, RequestHandler } from 'express'
import * as v from 'valibot'

/** Throw it in a route: it becomes the answer. */
export class Problem extends Error {
  readonly status: number

  constructor(status: number, detail: string) {
    super(detail)
    this.name = 'Problem'
    this.status = status
  }
}

/** The body of a request in the form of the schema. @throws Problem 400 that names every wrong member */
export function input<Schema extends v.GenericSchema>(schema: Schema, body: unknown): v.InferOutput<Schema> {
  if (body === undefined) throw new Problem(400, 'A JSON body with Content-Type: application/json is needed')
  const result = v.safeParse(schema, body)
  if (result.success) return result.output
  const details = result.issues.map((issue) => `${v.getDotPath(issue) ?? ''} ${issue.message}`.trim())
  throw new Problem(400, details.join('; '))
}

export const notFound: RequestHandler = (req) => {
  throw new Problem(404, `Nothing is at ${req.method} ${req.path}`)
}

/** Express's error handler, the last of the chain. Faults of ours are told on the terminal and not explained to the caller. */
export const problems: ErrorRequestHandler = (error: unknown, _req, res, next) => {
  if (res.headersSent) return next(error)
  const { status, message } = toProblem(error)
  if (status >= 500) console.error(error)
  res
    .status(status)
    .type('application/problem+json')
    .send(JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status], status, detail: message }))
}

/** What body-parser and the router throw carries a status; it is the caller's fault only in 400–499. */
const callerFault = v.object({
  status: v.pipe(v.number(), v.integer(), v.minValue(400), v.maxValue(499)),
  message: v.string(),
})

function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (v.is(callerFault, error)) return new Problem(error.status, error.message)
  return new Problem(500, 'Something went wrong on our side')
}
