import { describe, expectTypeOf, it } from 'vitest'
import type {
  CloseHubOptions,
  CloseOptions,
  FromOptions,
  Hub,
  HubOptions,
  MemoryLogOptions,
  PublishOptions,
  Refusal,
  SendOptions,
  SseError,
  SseEvent,
  StreamOptions,
  SubscribeOptions,
} from './index.ts'
import type { OpenStreamOptions } from './testing/index.ts'

/** An object in which every member is `undefined`. */
type Undefined<Options> = { [Name in keyof Options]-?: undefined }

describe('every option takes undefined, also with exactOptionalPropertyTypes', () => {
  it('of the hub', () => {
    expectTypeOf<Undefined<HubOptions>>().toExtend<HubOptions>()
    type Window = NonNullable<HubOptions['window']>
    expectTypeOf<Undefined<Window>>().toExtend<Window>()
    expectTypeOf<Undefined<PublishOptions>>().toExtend<PublishOptions>()
    expectTypeOf<Undefined<CloseHubOptions>>().toExtend<CloseHubOptions>()
    type Disconnect = NonNullable<Parameters<Hub['disconnect']>[1]>
    expectTypeOf<Undefined<Disconnect>>().toExtend<Disconnect>()
    expectTypeOf<Undefined<MemoryLogOptions>>().toExtend<MemoryLogOptions>()
  })

  it('of a stream', () => {
    expectTypeOf<Undefined<StreamOptions>>().toExtend<StreamOptions>()
    expectTypeOf<Undefined<SendOptions>>().toExtend<SendOptions>()
    expectTypeOf<Undefined<FromOptions>>().toExtend<FromOptions>()
    expectTypeOf<Undefined<SubscribeOptions>>().toExtend<SubscribeOptions>()
    expectTypeOf<Undefined<CloseOptions>>().toExtend<CloseOptions>()
    expectTypeOf<Undefined<SseEvent>>().toExtend<SseEvent>()
    expectTypeOf<{ status: 503; detail: string; retry: undefined }>().toExtend<Refusal>()
  })

  it('of an error, and of a stream in a test', () => {
    type ErrorOptions = NonNullable<ConstructorParameters<typeof SseError>[2]>
    expectTypeOf<Undefined<ErrorOptions>>().toExtend<ErrorOptions>()
    expectTypeOf<Undefined<OpenStreamOptions>>().toExtend<OpenStreamOptions>()
  })
})
