export { describeExample } from './example.ts'
export { type PageServer, servePage } from './page.ts'
export { createProject, type PairName, type Project, type ProjectOptions } from './project.ts'
export { readExample } from './readme.ts'
