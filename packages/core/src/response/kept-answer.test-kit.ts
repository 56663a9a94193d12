import type { PollDocument, PollResponse } from './poll.ts'
import type { Refusal } from './refusal.ts'

/** The response to a poll, which keeps what is answered. */
export class KeptAnswer implements PollResponse {
  readonly closed = false
  onClose: PollResponse['onClose']
  document: PollDocument | undefined
  refusal: Refusal | undefined

  begin(): void {}

  answer(document: PollDocument): void {
    this.document = document
  }

  refuse(refusal: Refusal): void {
    this.refusal = refusal
  }
}
