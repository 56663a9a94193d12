export { type IterateOptions, iterate } from './iterate.ts'
