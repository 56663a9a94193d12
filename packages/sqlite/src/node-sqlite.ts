import './needs-node.ts'

/**
 * The module `node:sqlite`. A static import would fail on a Node without it while modules are linked, before `needs-node.ts` could say
 * which version is needed.
 */
export const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
export type DatabaseSync = import('node:sqlite').DatabaseSync
