import assert from 'node:assert/strict'
import type { RecordLimits } from '../../log/records.ts'
import { assertOrder, assertSame } from './agreement.ts'
import type { BrokerSubject, Mend } from './broker-subject.ts'
import { Member } from './member.ts'
import type { Need } from './need.ts'

/** What is tried. */
export interface TrialPlan {
  readonly needs?: readonly Need[]
  /** The limits of its log. */
  readonly limits?: Partial<RecordLimits>
  run(trial: Trial): Promise<void>
}

/** A log for the length of a case, with the brokers on it and what befalls it. */
export class Trial {
  readonly #subject: BrokerSubject<unknown>
  readonly #log: unknown
  readonly #limits: Partial<RecordLimits> | undefined
  readonly #members: Member[] = []

  private constructor(
    subject: BrokerSubject<unknown>,
    log: unknown,
    limits: Partial<RecordLimits> | undefined,
  ) {
    this.#subject = subject
    this.#log = log
    this.#limits = limits
  }

  /** Tries a case on a log of its own. @throws when a promise is not kept */
  static async run(subject: BrokerSubject<unknown>, { run, needs = [], limits }: TrialPlan): Promise<void> {
    const trial = new Trial(subject, await subject.createLog(limits), limits)
    try {
      await run(trial)
      await trial.#agree({ unbroken: !needs.includes('interrupt') })
    } catch (error) {
      // What went wrong first is what is told.
      await trial.#end().catch(() => {})
      throw error
    }
    await trial.#end()
  }

  /** Does something on another log of the same kind. */
  elsewhere(run: (trial: Trial) => Promise<void>): Promise<void> {
    return Trial.run(this.#subject, { run })
  }

  /** Another broker on the log, not started. */
  async connect(): Promise<Member> {
    const broker = await this.#subject.connect(this.#log, this.#limits)
    const member = new Member(broker, this.#subject.patience ?? 4_000)
    this.#members.push(member)
    return member
  }

  /** Another broker on the log. */
  async start(): Promise<Member> {
    return (await this.connect()).start()
  }

  async startTwo(): Promise<[Member, Member]> {
    return [await this.start(), await this.start()]
  }

  async closeAll(): Promise<void> {
    const closing = this.#members.filter((member) => !member.closed).map((member) => member.close())
    // One that cannot be closed keeps no other open.
    await Promise.allSettled(closing)
    await Promise.all(closing)
  }

  async advance(milliseconds: number): Promise<void> {
    await this.#subject.advance?.(this.#log, milliseconds)
  }

  async trim(keep: number): Promise<void> {
    await this.#subject.trim?.(this.#log, keep)
  }

  async restart(): Promise<void> {
    await this.closeAll()
    await this.#subject.restart?.(this.#log)
  }

  async reset(): Promise<void> {
    await this.#subject.reset?.(this.#log)
  }

  async loseTail(count: number): Promise<void> {
    await this.#subject.loseTail?.(this.#log, count)
  }

  /** Cuts a broker off from its log, and waits until it has told so. */
  async interrupt({ broker, recorder }: Member): Promise<Mend> {
    const mend = await this.#subject.interrupt?.(this.#log, broker)
    assert.ok(mend, 'interrupt answers a function')
    await recorder.until(() => recorder.states.at(-1) === 'down', 'health "down" is told')
    return mend
  }

  /** Whatever a case is about: in the end all brokers tell the same, and the log reads as they told it. */
  async #agree({ unbroken }: { unbroken: boolean }): Promise<void> {
    const started = this.#members.filter((member) => member.started)
    const open = started.filter((member) => !member.closed)
    const last = await open[0]?.publish('the end')
    for (const member of started) {
      if (last && !member.closed) await member.has(last.id)
      assertOrder(member)
      if (unbroken)
        assert.deepEqual(member.recorder.breaks, [], 'a discontinuity is told where there is none')
    }
    for (const member of open) {
      const page = await member.read(member.base, 1)
      if ('gap' in page || member.recorder.breaks.length > 0) continue
      assertSame(await member.readOn(member.base, 1_000), member.known, 'the log reads as it was received')
    }
  }

  async #end(): Promise<void> {
    try {
      await this.closeAll()
    } finally {
      await this.#subject.destroyLog?.(this.#log)
    }
  }
}
