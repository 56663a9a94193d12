import { createRequire } from 'node:module'
import { PrismaPg } from '@prisma/adapter-pg'
import { getPrismaClient } from '@prisma/client/runtime/client'

/** What Prisma passes to the function of an interactive transaction, as far as it is used. */
export interface PrismaTransaction {
  $queryRawUnsafe(text: string, ...params: unknown[]): PromiseLike<unknown>
  $executeRawUnsafe(text: string, ...params: unknown[]): PromiseLike<unknown>
}

interface PrismaClient extends PrismaTransaction {
  $transaction(run: (tx: PrismaTransaction) => Promise<void>): Promise<void>
  $disconnect(): Promise<void>
}

const load = createRequire(import.meta.url)

/**
 * A client by the driver adapter. It has what the generator `prisma-client` would write for a schema without models, because the generator needs
 * a program for migrations, which it downloads.
 */
export function createPrismaClient(connectionString: string): PrismaClient {
  const Client = getPrismaClient({
    previewFeatures: [],
    clientVersion: 'none',
    engineVersion: 'none',
    activeProvider: 'postgresql',
    inlineSchema: 'datasource db {\n  provider = "postgresql"\n}\n',
    runtimeDataModel: { models: {}, enums: {}, types: {} },
    // No strings, nodes or roots.
    parameterizationSchema: { strings: [], graph: 'AAAA' },
    compilerWasm: {
      getRuntime: async () => load('@prisma/client/runtime/query_compiler_fast_bg.postgresql.js'),
      getQueryCompilerWasmModule: async () => {
        const { wasm } = load('@prisma/client/runtime/query_compiler_fast_bg.postgresql.wasm-base64.js')
        return new WebAssembly.Module(Buffer.from(wasm, 'base64'))
      },
      importName: './query_compiler_fast_bg.js',
    },
  })
  return new Client({ adapter: new PrismaPg({ connectionString }) }) as unknown as PrismaClient
}
