/** A schema of any library that implements Standard Schema (standardschema.dev): Zod, Valibot, ArkType and others. */
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

/** One problem that a schema found in a value, and its path. */
export interface SchemaIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** Maps the names of events to the schemas of their data. */
export type StandardSchemaMap = Readonly<Record<string, StandardSchema>>

/** The data that `publish` accepts for each event. */
export type SchemaInputs<M extends StandardSchemaMap> = {
  [N in keyof M]: NonNullable<M[N]['~standard']['types']>['input']
}

/** The data that is published for each event, after its schema. */
export type SchemaOutputs<M extends StandardSchemaMap> = {
  [N in keyof M]: NonNullable<M[N]['~standard']['types']>['output']
}
