/** For the packages of this toolkit only: these exports may change in any version. */
export { checkFunction, checkKey, checkNames, checkNumber, checkObject } from './check.ts'
export { checkNode } from './check-node.ts'
export { drawBetween } from './draw-between.ts'
export { show } from './errors.ts'
export { checkCloseOptions } from './hub/check-options.ts'
