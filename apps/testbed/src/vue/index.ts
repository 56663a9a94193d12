export { type PageServer, servePage } from './page.ts'
export { createProject, type PairName, type Project } from './project.ts'
export { readExample } from './readme.ts'
