/** Every example by the name of its folder, and its idea in a sentence. */
export const examples: Readonly<Record<string, string>> = {
  notifications:
    'The whole idea in one program: notifications in SQLite, on a Vue page, that survive a restart of the server.',
  'event-pool':
    'One event of a pool every three seconds, to a Vuex store: topics, the end, and leaving early.',
  clock: 'The time every five seconds, for a plain page of any origin with nothing but EventSource.',
  hono: 'Rooms on a web-standard server: the handlers of Hono return the streams as responses.',
  emitters: "What Spring's SseEmitter offers: a registry, a timeout, callbacks, completion with an error.",
  'token-auth': 'A JWT in the header of the stream: its end closes the stream, a fresh one resumes it.',
  polling: 'Notifications without a stream: asked for every second.',
  'long-polling': 'Notifications without a stream: the server answers when there is one.',
  websocket:
    'Notifications over a WebSocket, to compare: both directions, and what has to be written by hand.',
  'llm-stream':
    'Answers of a language model: start one, watch it in two tabs, reload in the middle, stop it.',
  prices:
    'Records: a page has every price at once, and a tab that was frozen receives only the newest of each.',
  'who-is-here': 'Presence: the people on a page, each once, however many tabs they have open.',
  typing: 'Volatile events: who is typing right now, which is not stored.',
  run: 'Work that outlives its readers: start it, watch it in two tabs, reload in the middle, stop it.',
  cluster:
    'All cores of a machine: the workers of node:cluster share one log, and the death of one loses nothing.',
  'behind-proxy': 'nginx, HAProxy and Caddy in front: events at once, HTTP/2, a deploy that nobody notices.',
}
