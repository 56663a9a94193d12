import * as v from 'valibot'

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

const problemSchema = v.object({
  detail: v.string(),
  errors: v.optional(v.array(v.object({ pointer: v.string(), detail: v.string() })), []),
})

/** An answer that is not the wanted one: `status` 0 when there was no answer at all. */
export class ApiError extends Error {
  readonly status: number
  /** Messages by the name of the member they are about. */
  readonly fields: Readonly<Record<string, string>>

  constructor(status: number, message: string, fields: Readonly<Record<string, string>> = {}) {
    super(message)
    this.name = 'ApiError'
    this.status = status
    this.fields = fields
  }
}

/** Milliseconds that a request and its answer may take. On a dead connection they would never end. */
const limit = 20_000

const unreachable = () => new ApiError(0, 'The server cannot be reached')

/** @throws ApiError for every answer that is not 2xx, and for none. */
export async function request(
  method: Method,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const init: RequestInit =
    body === undefined
      ? { method, headers }
      : { method, headers: { ...headers, 'Content-Type': 'application/json' }, body: JSON.stringify(body) }
  const response = await fetch(path, { ...init, signal: AbortSignal.timeout(limit) }).catch(() => {
    throw unreachable()
  })
  if (response.ok) return response
  const problem = v.safeParse(problemSchema, await response.json().catch(() => undefined))
  if (!problem.success) throw new ApiError(response.status, `The server answered ${response.status}`)
  const { detail, errors } = problem.output
  throw new ApiError(
    response.status,
    detail,
    Object.fromEntries(errors.map((error) => [error.pointer.slice(1), error.detail])),
  )
}

/** @throws ApiError with the status 0 for an answer that breaks off: as without any, nobody knows whether the server did what it was asked */
export async function bodyOf<Schema extends v.GenericSchema>(
  response: Response,
  schema: Schema,
): Promise<v.InferOutput<Schema>> {
  const text = await response.text().catch(() => {
    throw unreachable()
  })
  return v.parse(schema, JSON.parse(text))
}
