import { registerHooks } from 'node:module'

/** A fix that is taken out again while the simulation runs, to prove that the simulation would find the fault. */
export interface Planted {
  readonly name: string
  /** The fix. */
  readonly commit: string
  readonly file: string
  readonly replace: readonly [text: string, by: string]
}

export const planted: readonly Planted[] = [
  {
    name: 'labels',
    commit:
      'fix(client): on a shared connection, an event without an id goes only to the tabs on its channels',
    file: 'client/src/share/labels.ts',
    replace: ['id: String(id) || cursor', 'id: String(id)'],
  },
  {
    name: 'quiet fork',
    commit: 'fix(core): a stream whose log forks while it reads is live although nothing is published',
    file: 'core/src/delivery/reader.ts',
    replace: ['else if (this.#isWindowOfNewLog) {', 'else if (false) {'],
  },
  {
    name: 'polls that go on',
    commit: 'fix(client): polls end when a listener of their first answer closes the client',
    file: 'client/src/connection/polls.ts',
    replace: ['    await null\n', ''],
  },
  {
    name: 'lapsed lease',
    commit: 'fix(core): a process that was cut off and missed a part of the log ends its streams with a key',
    file: 'core/src/hub/leases.ts',
    replace: ['if (this.#timer && this.ownLeaseExpired) this.#hasLapsed = true', ''],
  },
  {
    name: 'list of members between a leave and a return',
    commit: '99272f4',
    file: 'core/src/hub/presence.ts',
    replace: ['if (this.#changed.has(channel)) this.#unsettle(channel, members)', ''],
  },
  {
    name: 'members that are not asked for again',
    commit: '521008a',
    file: 'core/src/hub/presence.ts',
    replace: ['else this.#ask(signal.hub, other)\n', 'else other.version = signal.version\n'],
  },
  {
    name: 'events lost while a stream waits for records',
    commit: '8ab73a0',
    file: 'core/src/delivery/reader.ts',
    replace: [
      "if (this.#state === 'holding') this.#state = 'behind'\n",
      "if (this.#state === 'holding') { this.#state = 'behind'; this.#cursor = this.#delivery.window.headId }\n",
    ],
  },
  {
    name: 'an id before the records are complete',
    commit: '760e212',
    file: 'core/src/stream/stream.ts',
    replace: [
      'this.#channels.confirmation(this.#reader.toldPosition)',
      'this.#channels.confirmation(this.#reader.position)',
    ],
  },
  {
    name: 'a command that is not appended again',
    commit: 'e157ee7',
    file: 'core/src/hub/disconnects.ts',
    replace: ['if (++pending.asked % asksPerRepublish === 0) this.#publishAgain(pending)', ''],
  },
  {
    name: 'a disconnect that waits for a process that has started since',
    commit: 'b804f92',
    file: 'core/src/hub/disconnects.ts',
    replace: ['return order !== undefined && order >= 0', 'return order === 1'],
  },
  {
    name: 'requests from before the start of the broker',
    commit: 'f7fe847',
    file: 'core/src/hub/disconnects.ts',
    replace: [
      'for (const key of new Set(commands.map(({ key }) => key))) {',
      'for (const key of [] as string[]) {',
    ],
  },
  {
    name: 'a reader whose broker has failed does not ask again',
    commit: 'e91317f',
    file: 'core/src/stream/stream.ts',
    replace: ['if (!ping) this.#reader?.resume()', ''],
  },
  {
    name: 'a disconnect of a hub that is closed',
    commit: '9cd9ea4',
    file: 'core/src/hub/disconnects.ts',
    replace: ['pending.done.promise.catch(() => {})', ''],
  },
  {
    name: 'answers to earlier greetings',
    commit: 'f91b351',
    file: 'client/src/share/follower/follower.ts',
    replace: ['if (of !== greeting || JSON', 'if (JSON'],
  },
  {
    name: 'channels that a tab has left meanwhile',
    commit: '37bdd1b',
    file: 'client/src/share/follower/inbox.ts',
    replace: ['const next = withoutLeft(all)\n    if (!isRepeated', 'const next = all\n    if (!isRepeated'],
  },
  {
    name: 'a tab that is not told what it has left',
    commit: '3abd6ef',
    file: 'client/src/share/member.ts',
    replace: ['        follower.leave()\n', ''],
  },
  {
    name: 'events from before a join after a catch-up',
    commit: 'fix(client): a tab is not told again what it has received on a connection of its own',
    file: 'client/src/share/follower/follower.ts',
    replace: ['if (isOwn && !isOlder) tellOfFork()', 'if (isOwn) ahead.clear()'],
  },
  {
    name: 'a run that begins in a hub that closes',
    commit: 'fix(core): a hub that closes while a run begins leaves no rejection without a handler',
    file: 'core/src/hub/runs.ts',
    replace: ['claim.promise.catch(() => {})', ''],
  },
  {
    name: 'streams that pass a disconnect',
    commit: 'fix(core): a stream that reads ahead of its process does not pass a disconnect',
    file: 'core/src/delivery/backlog/backlog.ts',
    replace: ['if (pending) return entries.slice(0, index)', ''],
  },
  {
    name: 'a disconnect in a log that has forked',
    commit:
      'fix(core): a stream that reads a log which has forked before its process does not pass a disconnect',
    file: 'core/src/delivery/backlog/backlog.ts',
    replace: ['pending = forked', 'pending = false'],
  },
  {
    name: 'what waits and comes again after a gap',
    commit: 'fix(client): what waits for a load and comes again after a gap is told once',
    file: 'client/src/resync/resync.ts',
    replace: ['if (one.hasOwnId && one.id === id) ', 'if (false) '],
  },
  {
    name: 'an abort of a hub that closes',
    commit: 'fix(core): hub.abort rejects when its hub is closed, instead of waiting for ever',
    file: 'core/src/hub/runs.ts',
    replace: ['ended.reject(shutdown)', 'void ended'],
  },
  {
    name: 'a load of what the log has lost',
    commit: 'fix(client): what a load has read and the log has lost since is loaded again',
    file: 'client/src/resync/resync.ts',
    replace: ['(isSkipping && !given && !isRewound && isAfter(position, id))', 'false'],
  },
  {
    name: 'records of a channel that was left before the connection was open',
    commit: 'fix(client): records of a channel that was left before the connection was open are forgotten',
    file: 'client/src/features/features.ts',
    replace: ['(channel) => asked.includes(channel),', '() => false,'],
  },
  {
    name: 'a position before the first stream',
    commit: 'fix(client): a tab that joins while no stream is open has reached nothing',
    file: 'client/src/share/follower/inbox.ts',
    replace: ['if (!isFresh || identified) place', 'place'],
  },
]

/** Takes a fix out. It must be called before the packages are loaded. */
export function plant(name: string): void {
  const fault = planted.find((one) => one.name === name)
  if (!fault)
    throw new Error(`No planted fault is called ${name}: ${planted.map((one) => one.name).join(', ')}`)
  const [text, by] = fault.replace
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context)
      if (!url.endsWith(`/packages/${fault.file}`)) return loaded
      const source = String(loaded.source)
      if (!source.includes(text)) throw new Error(`${fault.file} does not have the text of the fault ${name}`)
      return { ...loaded, source: source.replace(text, by) }
    },
  })
}
