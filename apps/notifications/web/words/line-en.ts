import type { LineEvent } from '../connection/line/line-log.ts'

type Things = (count: number, one: string, many?: string) => string

/** What the connection panel says, in English. */
export function lineWords(things: Things) {
  return {
    title: 'Connection',
    label: 'Connection:',
    openPanel: 'Show the connection',
    tones: { live: 'Live', busy: 'Connecting', offline: 'Interrupted' },
    means: {
      live: 'New notifications arrive the moment they are sent.',
      busy: 'New notifications arrive as soon as it is open.',
      offline: 'Live updates are interrupted. You can still send, and what you miss arrives later.',
    },
    tools: 'Demo tools',
    nextIn: (seconds: number) => (seconds > 0 ? `Next attempt in ${seconds}\u00A0s.` : 'Trying…'),
    offline: 'Live updates are interrupted',
    offlineDevice: 'This device is offline',
    offlineHint: 'What you miss arrives as soon as the connection is back.',
    tryNow: 'Try now',
    state: 'State',
    states: {
      idle: 'Not connected yet',
      connecting: 'Connecting',
      open: 'Open',
      waiting: 'Waiting',
      closed: 'Closed',
    },
    next: 'Next attempt',
    nextValue: (seconds: number, attempt: number) =>
      seconds > 0 ? `in ${seconds}\u00A0s, no. ${attempt + 1}` : 'now',
    noNext: 'not needed',
    openFor: 'Open for',
    heartbeat: 'Heartbeat',
    heartbeatValue: (seconds: number) => `every ${seconds}\u00A0s`,
    events: 'Events',
    gaps: 'Gaps',
    cursor: 'Cursor',
    channels: 'Channels',
    tabs: 'Tabs',
    leads: (tabs: number) => (tabs > 1 ? `this one of ${tabs} leads` : 'this one, alone'),
    follows: (tabs: number) => `${tabs}; another one leads`,
    apart: 'each has its own connection',
    none: 'none',
    try: 'Break it, and watch it recover',
    cut: 'Cut the line',
    refuse: 'Go offline',
    stall: 'Stall',
    cutHint: 'The server destroys the connection. The page reconnects and misses nothing.',
    refuseHint: (seconds: number) => `The server refuses this browser for ${seconds}\u00A0seconds.`,
    stallHint: (seconds: number) =>
      `The server is silent for ${seconds}\u00A0seconds, and the watchdog must notice.`,
    log: 'What happened',
    logEmpty: 'Nothing yet.',
    says: (event: LineEvent): string => {
      switch (event.type) {
        case 'connecting':
          return event.attempt > 0 ? `Attempt ${event.attempt + 1}` : 'Connecting'
        case 'open':
          if (event.resumed === true) return 'Open, resumed where it was'
          return event.resumed === false ? 'Open, not where it was' : 'Open'
        case 'waiting':
          return `${causes[event.cause]}${event.status ? ` (${event.status})` : ''}; next attempt in ${event.seconds}\u00A0s`
        case 'closed':
          return `Closed: ${ends[event.reason]}`
        case 'gap':
          return `Events are missing (${event.reason}): the list is loaded`
        case 'channels':
          return `Follows ${things(event.count, 'channel')}`
        case 'events':
          return things(event.count, 'event arrived', 'events arrived')
        case 'fault':
          return { cut: 'You cut the line', refuse: 'You go offline', stall: 'You stall the line' }[
            event.fault
          ]
        case 'lead':
          return event.leads ? 'This tab leads now' : 'Another tab leads'
      }
    },
  }
}

const causes = {
  network: 'The line broke',
  ended: 'The server ended the stream',
  status: 'The server refused',
  'content-type': 'The answer was not an event stream',
  silence: 'The watchdog heard nothing',
  redirect: 'A redirect leads to another site',
  url: 'There is no address to connect to',
  overflow: 'An event was too large',
  refused: 'The browser gave up',
  refresh: 'Signing in again failed',
}

const ends = {
  closed: 'by this page',
  ended: 'the server said so',
  unauthorized: 'not signed in',
  rejected: 'the server rejected it',
  exhausted: 'too many attempts',
}
