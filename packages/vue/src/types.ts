import type { EventData, EventName, Listener, ResyncOption, SseClientOptions, UrlOption } from '@sse/client'
import type { AppLike } from './components/lifetime.ts'
import type { DehydratedSse } from './list/dehydrated.ts'
import type { RegisteredEvents } from './register.ts'
import type { ConnectPayload } from './stream/session.ts'
import type { SseStreamState } from './stream/state.ts'

/** How a stream delivers its events. */
export interface DeliveryOptions {
  /** The name of the stream. With a `$` in front, the name of the property of components. Default: `sse`. */
  readonly namespace?: string | undefined
  /**
   * Deliver events per frame, in order. A visible page gets at most 2,000 events and 10 ms of work in each frame. A hidden page gets all of
   * them by a timer. If more than 20,000 events are queued, the oldest are delivered immediately. `false`: every event is delivered
   * immediately. Default: true.
   */
  readonly batch?: boolean | undefined
  /**
   * Freeze data before it is delivered, so that Vue does not make it reactive. A mutation that changes a delivered object, such as
   * `items[0].read = true`, then throws. Default: false.
   */
  readonly freeze?: boolean | undefined
  /** How many of the newest events the state keeps as `history`. Default: 0. */
  readonly keep?: number | undefined
  /** Called with what a handler or a load throws or rejects with. Default: `console.error`. */
  readonly onError?: SseClientOptions['onError']
}

/** The client's options, and those of a stream whose events are delivered frame by frame. */
export interface StreamOptions<Events extends object>
  extends Omit<SseClientOptions<Events>, 'resync' | 'onError'>,
    DeliveryOptions {
  /** The URL of the stream; a function is called for it before every attempt (`share` and `persist` then need a key). */
  readonly url: UrlOption
}

/** The records of a channel, as a store is given them. Plain data. */
export interface SseStoreRecords<Data = unknown> {
  readonly channel: string
  /** The newest data of each record, by the name of the record, in a new object after every change. Do not change the data itself. */
  readonly records: Readonly<Record<string, Data>>
  /** Whether records may be missing: they were not received yet, or events were missed and they are being sent again. */
  readonly stale: boolean
  /** Why the channel has ended, until a record is set again. An end removes all records. */
  readonly ended: string | undefined
}

/** An object of `createSse`, of `@sse/vue` or of a package for a store. */
export interface SseSource {
  connect(payload?: ConnectPayload): unknown
  disconnect(): unknown
  reached(id: string): Promise<void>
}

/** Takes the connection of another stream. What concerns the connection is up to that one. */
export interface SharedOptions extends DeliveryOptions {
  /** The object of another `createSse`, whose connection this one shares. */
  readonly use: SseSource
}

interface OwnOptions {
  /**
   * Loads what the handlers of this stream show, whenever that may be incomplete: at the first opening, unless the app gave the position and
   * the stream resumed there; at every other opening that does not resume; at a gap. May return the position of what it has loaded, a
   * `hub.position` read before it: handlers then receive exactly what comes after that. A list of `useSseList` loads by itself. A load that
   * fails is tried again with backoff. `false` or left out: nothing has to be loaded.
   */
  readonly resync?: ResyncOption | false | undefined
}

/** The options of `createSse`. */
export interface SseOptions<Events extends object> extends StreamOptions<Events>, OwnOptions {
  readonly use?: undefined
  /** Connect with the first app that is mounted. Default: true. `false`: only by `connect()`. */
  readonly connect?: boolean | undefined
  /** What `dehydrate` gave on the server. */
  readonly hydrate?: DehydratedSse | undefined
}

/** The options of a `createSse` that shares the connection of another. */
export interface SharedSseOptions extends SharedOptions, OwnOptions {}

/** The methods of a stream. On the server none of them does anything. */
export interface SseMethods<Events extends object = RegisteredEvents> {
  /** Connects, and stays connected until `disconnect()`. */
  connect(payload?: ConnectPayload): void
  /** Closes the connection, and keeps the cursor for the next `connect()`. */
  disconnect(): void
  /** Replaces the connection now, without waiting, and resumes at the cursor. */
  reconnect(): void
  /** Asks for channels, until `unsubscribe`. */
  subscribe(channels: string | readonly string[]): void
  /** Stops asking for channels. A channel that a component still needs by `useSseChannel` stays. */
  unsubscribe(channels: string | readonly string[]): void
  /**
   * Resolves when everything up to this id has reached the handlers and lists, or a load has passed it.
   *
   * @throws (rejected) SseError as `reached` of the client; `closed` on the server
   */
  reached(id: string): Promise<void>
  /**
   * Calls a handler for every event of a name.
   *
   * @returns removes the handler
   */
  on<Name extends EventName<Events>>(event: Name, handler: Listener<EventData<Events, Name>>): () => void
}

/** A stream: its present state, which is reactive, and its methods. Do not destructure the state; `useSse` gives refs of it. */
export interface Sse<Events extends object = RegisteredEvents> extends SseStreamState, SseMethods<Events> {}

/** A stream, and the plugin for an app. */
export interface SsePlugin<Events extends object = RegisteredEvents> extends Sse<Events> {
  /** Vue 3: `app.use(sse)`. Vue 2.7: `Vue.use(sse)`. Gives components `useSse` and `this.$sse`, and connects with the first app. */
  install(app: AppLike): void
  /**
   * What the lists of a rendered app have loaded, as plain data for the page. Give it to `createSse` as `hydrate` in the browser.
   *
   * @param app the app of Vue 3, or the root instance of Vue 2.7
   */
  dehydrate(app: object): DehydratedSse
}
