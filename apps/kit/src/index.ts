export {
  portText,
  readVariables,
  type ServerSettings,
  serverSettings,
  serverVariables,
} from './environment.ts'
export { type AllowedHosts, allowHosts, createServerFor } from './hosts.ts'
export { builtPage, developmentPage, type Page, type PageOptions } from './page.ts'
export { checked, input, notFound, Problem, type ProblemError, problems } from './problem.ts'
export { sameOrigin } from './same-origin.ts'
export { leaveOn } from './shutdown.ts'
