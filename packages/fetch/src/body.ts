/** The bytes that may wait in a body. A larger chunk is cut, so that the platform takes no more than this at a time. */
const capacity = 65_536

/**
 * The body of a response. The only queue is that of its `ReadableStream`, which counts bytes. It is not a byte stream (`type: 'bytes'`), because
 * that takes the memory of each chunk away from the other streams that share it.
 */
export class Body {
  readonly readable: ReadableStream<Uint8Array>
  /** Called when the body has room again after a `write` that returned `false`. */
  onDrain: (() => void) | undefined
  #controller!: ReadableStreamDefaultController<Uint8Array>
  readonly #over: () => void
  #state: 'open' | 'ending' | 'taken' | 'left' = 'open'
  #full = false

  /** @param over called once: the platform has taken everything, or the client has left */
  constructor(over: () => void) {
    this.#over = over
    this.readable = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller
        },
        pull: () => this.#pulled(),
        cancel: () => this.#finish('left'),
      },
      { highWaterMark: capacity, size: ({ byteLength }) => byteLength },
    )
  }

  /** Bytes that the platform has not taken yet; 1 if the client has left, because it has not read everything. */
  get pending(): number {
    if (this.#state === 'taken') return 0
    return this.#state === 'left' ? 1 : capacity - (this.#controller.desiredSize ?? capacity)
  }

  /** Accepts the bytes in any case. Returns `false` when the body is full. */
  write(bytes: Uint8Array): boolean {
    if (!this.#isOpen) return true
    if (bytes.length <= capacity) this.#controller.enqueue(bytes)
    else {
      // Deno may cancel the body within `enqueue`.
      for (let from = 0; from < bytes.length && this.#isOpen; from += capacity)
        this.#controller.enqueue(bytes.subarray(from, from + capacity))
    }
    this.#full = this.#isOpen && (this.#controller.desiredSize ?? 1) <= 0
    return !this.#full
  }

  /** Ends the body after what was written. */
  end(): void {
    if (!this.#isOpen) return
    this.#state = 'ending'
    this.#endIfTaken()
  }

  /** Called when the client has left. The body is not broken, because a platform may report that as an error. */
  leave(): void {
    if (this.#isOver) return
    this.#controller.close()
    this.#finish('left')
  }

  /** Ends the body at once, as broken. */
  destroy(): void {
    if (this.#isOver) return
    // Node's code for a response that ended early: servers do not report it as an error of the app.
    const error = Object.assign(new Error('The stream was ended by the server.'), {
      code: 'ERR_STREAM_PREMATURE_CLOSE',
    })
    this.#controller.error(error)
    this.#finish('left')
  }

  /** Called when the platform has taken something. After `close` it would not be called, so `end` waits for it. */
  #pulled(): void {
    if (this.#state === 'ending') this.#endIfTaken()
    else if (this.#full) {
      this.#full = false
      this.onDrain?.()
    }
  }

  #endIfTaken(): void {
    if (this.pending > 0) return
    this.#controller.close()
    this.#finish('taken')
  }

  get #isOpen(): boolean {
    return this.#state === 'open'
  }

  get #isOver(): boolean {
    return this.#state === 'taken' || this.#state === 'left'
  }

  #finish(state: 'taken' | 'left'): void {
    if (this.#isOver) return
    this.#state = state
    this.#over()
  }
}
