import type { StandardSchemaV1 } from '@standard-schema/spec'

/** A schema of any library that supports Standard Schema (standardschema.dev): Zod, Valibot, ArkType and others. */
export type StandardSchema<Input = unknown, Output = Input> = StandardSchemaV1<Input, Output>

export type SchemaResult<Output> = StandardSchemaV1.Result<Output>

/** A problem of a value, and its path within the value. */
export type SchemaIssue = StandardSchemaV1.Issue

/** The schemas of events, by name. */
export type StandardSchemaMap = Readonly<Record<string, StandardSchema>>

/** The data that listeners receive: the outputs of the schemas. */
export type SchemaOutputs<M extends StandardSchemaMap> = {
  [N in keyof M]: StandardSchemaV1.InferOutput<M[N]>
}
