import { globSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { root } from './paths.ts'
import { complaints } from './workflows.ts'

const files = globSync('.github/workflows/*.{yml,yaml}', { cwd: root })
const read = (file: string) => readFileSync(`${root}/${file}`, 'utf8')

test.each(files)('%s breaks no rule', (file) => {
  expect(complaints(read(file))).toEqual([])
})

test('one job tests and packs, another one publishes what it has packed, without a token', () => {
  const { jobs } = parse(read('.github/workflows/release.yml'))
  expect(jobs.build.permissions).toEqual({ contents: 'read' })
  expect(jobs.publish.permissions).toEqual({ 'id-token': 'write' })
  expect(jobs.publish.needs).toBe('build')
  const artifact = (job: string, action: string) =>
    jobs[job].steps.find(({ uses = '' }) => uses.startsWith(`actions/${action}-artifact@`)).with.name
  expect(artifact('publish', 'download')).toBe(artifact('build', 'upload'))
})

/** A rule that cannot fail holds nothing: each is shown a workflow that breaks it. */
describe('what must not pass does not', () => {
  const commit = `actions/checkout@${'a'.repeat(40)} # v1.2.3`
  const workflow = (job: string, head = 'on: push\npermissions: {}') =>
    `${head}\njobs:\n  one:\n    runs-on: x\n${job.replace(/^/gm, '    ')}`
  const steps = (...lines: string[]) => ['steps:', ...lines.map((line) => `  - ${line}`)].join('\n')

  test.each([
    ['a tag', 'actions/checkout@v7'],
    ['a branch', 'actions/checkout@main # v1.2.3'],
    ['a short commit', 'actions/checkout@abcdef1 # v1.2.3'],
    ['a commit without its version', `actions/checkout@${'a'.repeat(40)}`],
    ['nothing', 'actions/checkout'],
    ['an image', 'docker://node:24'],
  ])('an action by %s', (_, uses) => {
    expect(complaints(workflow(steps(`uses: ${uses}`))).join()).toContain('is not a commit')
  })
  test('a checkout that leaves its token', () => {
    expect(complaints(workflow(steps(`uses: ${commit}`))).join()).toContain('persist-credentials: false')
  })
  test.each([
    'pnpm install --ignore-scripts',
    'npm install -g npm',
    'npm ci',
    'npx changeset publish',
    'bash .ci/run',
    'node publish.ts',
  ])('%s in a job that may publish', (run) => {
    const job = `permissions: { id-token: write }\n${steps(`run: ${run}`)}`
    expect(complaints(workflow(job)).join()).toContain('what may publish runs code')
  })
  test.each(['write-all', '{ contents: write }', '{ pull-requests: write }'])('tests with %s', (rights) => {
    const job = `permissions: ${rights}\n${steps('run: bash .ci/run')}`
    expect(complaints(workflow(job)).join()).toContain('runs tests')
  })
  test('rights that every job has, or that GitHub chooses', () => {
    for (const head of [
      'on: push',
      'on: push\npermissions: write-all',
      'on: push\npermissions: { contents: write }',
    ]) {
      expect(complaints(workflow(steps('run: ls'), head)).join()).toContain('stands at the job')
    }
  })
  test('a token of npm', () => {
    const job = `env: { NPM_TOKEN: '\${{ secrets.NPM_TOKEN }}' }\n${steps('run: ls')}`
    expect(complaints(workflow(job)).join()).toContain('without a token')
  })
  test('a trigger by which others run with our rights, and a title in a script', () => {
    const head = 'on:\n  pull_request_target:\npermissions: {}'
    expect(complaints(workflow(steps('run: ls'), head)).join()).toContain('pull requests of others')
    const run = `run: echo "\${{ github.event.pull_request.title }}"`
    expect(complaints(workflow(steps(run))).join()).toContain('hand it over by env')
  })
})
