/** What a workflow of GitHub may do, as rules: a token that a test can reach is a token that every dependency of ours can reach. */
import { parse } from 'yaml'

interface Step {
  readonly uses?: string
  readonly run?: string
  readonly with?: Readonly<Record<string, unknown>>
}

type Permissions = Readonly<Record<string, string>>

interface Job {
  readonly uses?: string
  readonly permissions?: Permissions | string
  readonly steps?: readonly Step[]
}

interface Workflow {
  readonly on: string | readonly string[] | Readonly<Record<string, unknown>>
  readonly permissions?: Permissions | string
  readonly jobs: Readonly<Record<string, Job>>
}

/** Commands that run code of this repository or of its dependencies. */
const ours = /\b(?:pnpm|yarn|npx|corepack|vitest|node|bash|sh|make)\b|\.ci\/|\bnpm (?!view\b|publish\b)/

/** Each sentence is a rule that this workflow breaks. */
export function complaints(text: string): string[] {
  const workflow = parse(text) as Workflow
  const jobs = Object.entries(workflow.jobs)
  return [
    ...unpinned(text),
    ...triggers(workflow)
      .filter(isOfOthers)
      .map((name) => `on ${name}: pull requests of others run with our rights`),
    ...(writes(workflow.permissions).length > 0 || workflow.permissions === undefined
      ? ['permissions: what a job may write stands at the job']
      : []),
    ...(/\bsecrets\.(?!GITHUB_TOKEN\b)/.test(text)
      ? ['secrets: npm trusts the workflow, without a token']
      : []),
    ...jobs.flatMap(([name, job]) => ofJob(job, workflow).map((sentence) => `${name}: ${sentence}`)),
  ]
}

/** Read from the text, because the version stands in a comment. */
function unpinned(text: string): string[] {
  const uses = [...text.matchAll(/^\s*(?:- )?['"]?uses['"]?:\s*(.*)$/gm)].map(([, what = '']) => what)
  return uses
    .filter(
      (what) => !/^[\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(what) && !what.startsWith('./'),
    )
    .map((what) => `uses: ${what} is not a commit with its version behind it`)
}

function triggers({ on }: Workflow): string[] {
  if (typeof on === 'string') return [on]
  return Array.isArray(on) ? [...on] : Object.keys(on)
}

function isOfOthers(trigger: string): boolean {
  return trigger === 'pull_request_target' || trigger === 'workflow_run'
}

/** What may be written by these, `*` for everything. */
function writes(permissions: Permissions | string | undefined): string[] {
  if (typeof permissions === 'string') return permissions === 'read-all' ? [] : ['*']
  return Object.keys(permissions ?? {}).filter((scope) => permissions?.[scope] === 'write')
}

function ofJob(job: Job, workflow: Workflow): string[] {
  const { steps = [], permissions = workflow.permissions } = job
  const may = writes(permissions)
  const runs = steps.flatMap(({ run }) => run ?? [])
  const checkouts = steps.filter(({ uses }) => uses?.startsWith('actions/checkout@'))
  const scripts = runs.filter((run) => ours.test(run))
  const found: string[] = []
  if (checkouts.some((step) => step.with?.['persist-credentials'] !== false)) {
    found.push('checkout leaves its token to the steps behind it: persist-credentials: false')
  }
  if (may.includes('*') || (may.includes('id-token') && (checkouts.length > 0 || scripts.length > 0))) {
    found.push('what may publish runs code of the repository or of its dependencies')
  }
  if (may.length > 0 && scripts.some((run) => !run.includes('--ignore-scripts'))) {
    found.push(`what may write (${may.join(', ')}) runs tests, or scripts of dependencies`)
  }
  if (runs.some((run) => /\$\{\{\s*(?:github\.(?:event|head_ref|ref_name)|inputs)\b/.test(run))) {
    found.push('what others have named is put into a script: hand it over by env')
  }
  return found
}
