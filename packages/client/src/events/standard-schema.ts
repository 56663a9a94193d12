import type { StandardSchemaV1 } from '@standard-schema/spec'

/** A schema of any library that supports Standard Schema (standardschema.dev): Zod, Valibot, ArkType and others. */
export type StandardSchema<Input = unknown, Output = Input> = StandardSchemaV1<Input, Output>

export type SchemaResult<Output> = StandardSchemaV1.Result<Output>

/** What is wrong with a value, and where in it. */
export type SchemaIssue = StandardSchemaV1.Issue

/** Names of events and the schemas of their data. */
export type StandardSchemaMap = Readonly<Record<string, StandardSchema>>

/** What listeners receive. */
export type SchemaOutputs<M extends StandardSchemaMap> = {
  [N in keyof M]: StandardSchemaV1.InferOutput<M[N]>
}
