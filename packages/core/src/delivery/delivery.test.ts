import { describe, expect, it } from 'vitest'
import { createHub } from '../hub/hub.ts'
import { chain, ManualBroker } from '../log/manual-broker.test-kit.ts'
import { opening } from '../stream/opening.test-kit.ts'
import { RecordingTransport } from '../stream/recording-transport.test-kit.ts'

describe('calls of the receiver before the start of the broker resolves', () => {
  it('take effect in their order, including a tail that broke', async () => {
    const broker = new ManualBroker(chain('e0', 'e1', 'e2'))
    const answerStart = broker.holdStart()
    const hub = createHub({ broker })
    const transport = new RecordingTransport()
    hub.stream(transport, { lastEventId: 'e1' }).subscribe('a')
    await opening()

    broker.receiver.entries(chain('e2', 'e3'))
    broker.receiver.discontinuity({ reason: 'trimmed', head: 'e7' })
    broker.receiver.entries(chain('e7', 'e8'))
    answerStart()
    await hub.ready
    expect(hub.position).toBe('e8')

    await opening()
    expect(broker.asked).toEqual(['e1'])
    await broker.answer({ gap: 'trimmed', resumeAt: 'e7' })
    expect(transport.events().map(({ event, id }) => `${event} ${id}`)).toEqual([
      'sse.open e1',
      'sse.gap e7',
      'message e8',
    ])
  })
})

/** Two streams on channel `a`. While the first is written to, `react` runs: an app does such things when a stream ends. */
async function whileDelivering(react: (broker: ManualBroker) => void) {
  const broker = new ManualBroker(chain('e0', 'e1'))
  const errors: unknown[] = []
  const hub = createHub({ broker, window: { entries: 2 }, onError: (error) => errors.push(error) })
  await hub.ready
  const [first, second] = [new RecordingTransport(), new RecordingTransport()]
  hub.stream(first).subscribe('a')
  hub.stream(second).subscribe('a')
  await opening()

  const { write } = first
  first.write = (frames) => {
    first.write = write
    react(broker)
    return write.call(first, frames)
  }
  await broker.deliver(...chain('e1', 'e2'))
  await opening()
  await broker.deliver(...chain(hub.position, 'e9'))
  expect(errors).toEqual([])
  return second.events().map(({ event, id }) => `${event} ${id}`)
}

describe('what happens while entries are delivered', () => {
  it('loses no entries that are more than the window keeps', async () => {
    const seen = await whileDelivering((broker) => broker.receiver.entries(chain('e2', 'e3', 'e4', 'e5')))
    expect(seen).toEqual(['sse.open e1', ...['e2', 'e3', 'e4', 'e5', 'e9'].map((id) => `message ${id}`)])
  })

  it('writes nothing from before a break of the log after the gap', async () => {
    const seen = await whileDelivering((broker) =>
      broker.receiver.discontinuity({ reason: 'trimmed', head: 'e7' }),
    )
    expect(seen).toEqual(['sse.open e1', 'sse.gap e7', 'message e9'])
  })
})
