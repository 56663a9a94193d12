export { builtPage, developmentPage, type Page, type PageOptions } from './page/page.ts'
export {
  portText,
  readVariables,
  type ServerSettings,
  serverSettings,
  serverVariables,
} from './server/environment.ts'
export { type AllowedHosts, allowHosts, createServerFor } from './server/hosts.ts'
export { explainFailure, listen } from './server/listen.ts'
export { checked, input, notFound, Problem, type ProblemError, problems } from './server/problem.ts'
export { sameOrigin } from './server/same-origin.ts'
export { closeServer, leaveWhenTold } from './server/shutdown.ts'
