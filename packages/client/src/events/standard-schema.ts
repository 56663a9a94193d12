/** A schema of any library that speaks Standard Schema (standardschema.dev): Zod, Valibot, ArkType and others. */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] }

/** What is wrong with a value, and where in it. */
export interface SchemaIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** Names of events and the schemas of what they carry. */
export type StandardSchemaMap = Readonly<Record<string, StandardSchema>>

/** What listeners are given. */
export type SchemaOutputs<M extends StandardSchemaMap> = {
  [N in keyof M]: NonNullable<M[N]['~standard']['types']>['output']
}
