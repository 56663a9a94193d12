/** Errors as problem documents (RFC 9457): one form for every answer that is not what was asked for. */
import { type ServerResponse, STATUS_CODES } from 'node:http'
import { SseError } from '@sse/express'
import type { ErrorRequestHandler, RequestHandler, Response } from 'express'
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

/**
 * Express's error handler, the last of the chain.
 *
 * @param report is told faults of ours, which are not explained to the caller
 */
export function problems(report: (error: unknown, res: Response) => void): ErrorRequestHandler {
  return (error: unknown, _req, res, next) => {
    if (res.headersSent) return next(error)
    const { status, message, errors } = toProblem(error)
    if (status === 500) report(error, res)
    sendProblem(res, status, message, errors)
  }
}

/** Answers with a problem document, also where there is no Express. */
export function sendProblem(
  res: ServerResponse,
  status: number,
  detail: string,
  errors?: readonly ProblemError[],
): void {
  const title = STATUS_CODES[status]
  const document = JSON.stringify({ type: 'about:blank', title, status, detail, ...(errors && { errors }) })
  res
    .writeHead(status, {
      'Content-Type': 'application/problem+json; charset=utf-8',
      'Content-Length': Buffer.byteLength(document),
    })
    .end(document)
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
