export { launchChromium } from './chromium.ts'
export { freePort } from './port.ts'
export { type Exit, type RunningProcess, type StartOptions, startProcess } from './process.ts'
export { type UntilOptions, until } from './until.ts'
