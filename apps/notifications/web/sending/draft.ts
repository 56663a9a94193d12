import * as v from 'valibot'
import { nextTick, type Ref, ref, watch } from 'vue'
import { type Draft, draftSchema, type Recipient } from '../../shared/schemas.ts'
import { useSession } from '../account/session.ts'
import { useToasts } from '../alerts/toasts.ts'
import { ApiError } from '../http/api.ts'
import { useInbox } from '../inbox/inbox.ts'
import { useWords } from '../words/index.ts'
import { isUnreachable, useOutbox } from './outbox.ts'

export interface DraftForm {
  readonly to: Ref<Recipient>
  readonly title: Ref<string>
  readonly body: Ref<string>
  readonly isSending: Ref<boolean>
  /** What the server had to say, by field. */
  readonly refusals: Ref<Record<string, string>>
  /** The server's own rule for one field, asked before it is sent. */
  check(field: 'title' | 'body'): (value: unknown) => string[] | null
  submit(values: unknown, event: SubmitEvent): Promise<void>
}

/** A notification that is being written. */
export function useDraft(sent: () => void): DraftForm {
  const { send } = useInbox()
  const outbox = useOutbox()
  const { recipientName } = useSession()
  const { announceFailure, announceKept, announceSuccess } = useToasts()
  const words = useWords()

  const to = ref<Recipient>('all')
  const title = ref('')
  const body = ref('')
  const isSending = ref(false)
  const refusals = ref<Record<string, string>>({})
  /** Of this text: sent again after an answer was lost, it is still sent once. */
  let key = crypto.randomUUID()
  watch([to, title, body], () => {
    key = crypto.randomUUID()
  })

  const explain = (issue: v.BaseIssue<unknown>) =>
    issue.type === 'max_length'
      ? words.value.send.tooLong(Number(issue.requirement))
      : words.value.send.needed

  /** What the server cannot be given now waits in the outbox. Returns what announces it. */
  async function sendOrKeep(draft: Draft): Promise<() => void> {
    // What was written first is sent first.
    if (outbox.isWaiting.value && outbox.add(draft, key)) return announceKept
    try {
      const { to } = await send(draft, key)
      return () => announceSuccess(words.value.toasts.sent(recipientName(to)))
    } catch (error) {
      if (!isUnreachable(error) || !outbox.add(draft, key)) throw error
      return announceKept
    }
  }

  async function submit(_values: unknown, event: SubmitEvent): Promise<void> {
    const form = event.target as HTMLFormElement
    isSending.value = true
    refusals.value = {}
    try {
      const draft = { to: to.value, title: title.value.trim(), body: body.value.trim() }
      const announce = await sendOrKeep(draft)
      title.value = ''
      body.value = ''
      // The fields look at their new, empty values first; then they forget what they found.
      await nextTick()
      form.reset()
      announce()
      sent()
    } catch (error) {
      if (error instanceof ApiError && error.status === 400) refusals.value = { ...error.fields }
      else announceFailure(error)
    } finally {
      isSending.value = false
    }
  }

  return {
    ...{ to, title, body, isSending, refusals, submit },
    check: (field) => (value) => v.safeParse(draftSchema.entries[field], value).issues?.map(explain) ?? null,
  }
}
