/** Errors as problem documents (RFC 9457): one form for every answer that is not what was asked for. */
import { STATUS_CODES } from 'node:http'
import { SseError } from '@sse/express'
import type { ErrorRequestHandler, RequestHandler } from 'express'
import * as v from 'valibot'

export interface ProblemError {
  /** JSON pointer to the member of the body that is wrong. */
  readonly pointer: string
  readonly detail: string
}

/** Throw it in a route: it becomes the answer. */
export class Problem extends Error {
  readonly status: number
  readonly errors: readonly ProblemError[] | undefined

  constructor(status: number, detail: string, errors?: readonly ProblemError[]) {
    super(detail)
    this.name = 'Problem'
    this.status = status
    this.errors = errors
  }
}

/** The body of a request in the form of the schema. @throws Problem 400 that names every wrong member. */
export function input<Schema extends v.GenericSchema>(schema: Schema, body: unknown): v.InferOutput<Schema> {
  if (body === undefined) throw new Problem(400, 'A JSON body with Content-Type: application/json is needed')
  return checked(schema, body)
}

/** Anything else of a request, its query for instance, in the form of the schema. @throws Problem 400 that names every wrong member. */
export function checked<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, value)
  if (result.success) return result.output
  const errors = result.issues.map((issue) => ({
    pointer: (issue.path ?? []).map((item) => `/${item.key}`).join(''),
    detail: issue.message,
  }))
  throw new Problem(400, errors.map((error) => `${error.pointer} ${error.detail}`.trim()).join('; '), errors)
}

export const notFound: RequestHandler = (req) => {
  throw new Problem(404, `Nothing is at ${req.method} ${req.path}`)
}

/** Express's error handler, the last of the chain. Faults of ours are logged and not explained to the caller. */
export const problems: ErrorRequestHandler = (error: unknown, _req, res, next) => {
  if (res.headersSent) return next(error)
  const problem = toProblem(error)
  // The line of this request says it, once.
  if (problem.status === 500) res.err = error instanceof Error ? error : new Error(String(error))
  res
    .status(problem.status)
    .type('application/problem+json')
    .send(
      JSON.stringify({
        type: 'about:blank',
        title: STATUS_CODES[problem.status],
        status: problem.status,
        detail: problem.message,
        ...(problem.errors && { errors: problem.errors }),
      }),
    )
}

/** What body-parser and the router throw carries a status; it is the caller's fault only in 400–499. */
const callerFault = v.object({
  status: v.pipe(v.number(), v.integer(), v.minValue(400), v.maxValue(499)),
  message: v.string(),
})

function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  // The streams are closed before the requests under way are over.
  if (error instanceof SseError && error.code === 'closed') {
    return new Problem(503, 'The server is shutting down; nothing was stored')
  }
  if (v.is(callerFault, error)) return new Problem(error.status, error.message)
  return new Problem(500, 'Something went wrong on our side')
}
