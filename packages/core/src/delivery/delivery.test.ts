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
