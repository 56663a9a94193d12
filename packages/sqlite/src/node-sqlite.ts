import './needs-node.ts'

/**
 * The module `node:sqlite`, asked for when this file is evaluated. A static import fails while modules are linked, on a Node without it,
 * before the check of the version could say what is needed.
 */
export const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
export type DatabaseSync = import('node:sqlite').DatabaseSync
