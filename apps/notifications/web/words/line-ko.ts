import type { lineWords } from './line-en.ts'

/** What the connection panel says, in Korean. */
export const lineWordsKo: ReturnType<typeof lineWords> = {
  title: '연결',
  label: '연결:',
  openPanel: '연결 상태 보기',
  tones: { live: '실시간', busy: '연결 중', offline: '연결 끊김' },
  means: {
    live: '새 알림은 보내는 순간 도착합니다.',
    busy: '연결되는 즉시 새 알림이 도착합니다.',
    offline: '실시간 연결이 끊겼습니다. 보낼 수는 있고, 놓친 알림은 나중에 도착합니다.',
  },
  tools: '데모 도구',
  nextIn: (seconds) => (seconds > 0 ? `${seconds}초 후 다시 연결합니다.` : '연결하는 중…'),
  offline: '실시간 연결이 끊겼습니다',
  offlineDevice: '이 기기가 오프라인입니다',
  offlineHint: '놓친 알림은 다시 연결되는 즉시 도착합니다.',
  tryNow: '지금 연결',
  state: '상태',
  states: { idle: '연결 전', connecting: '연결 중', open: '열림', waiting: '대기 중', closed: '닫힘' },
  next: '다음 시도',
  nextValue: (seconds, attempt) => (seconds > 0 ? `${seconds}초 후, ${attempt + 1}번째` : '지금'),
  noNext: '필요 없음',
  openFor: '연결된 시간',
  heartbeat: '하트비트',
  heartbeatValue: (seconds) => `${seconds}초마다`,
  events: '이벤트',
  gaps: '갭',
  cursor: '커서',
  channels: '채널',
  tabs: '탭',
  leads: (tabs) => (tabs > 1 ? `${tabs}개 중 이 탭이 리더` : '이 탭 하나'),
  follows: (tabs) => `${tabs}개, 다른 탭이 리더`,
  apart: '탭마다 따로 연결',
  none: '없음',
  try: '끊어 보고, 복구되는 과정을 지켜보세요',
  cut: '연결 끊기',
  refuse: '오프라인으로',
  stall: '응답 멈추기',
  cutHint: '서버가 연결을 끊습니다. 페이지는 다시 연결하고, 알림을 하나도 놓치지 않습니다.',
  refuseHint: (seconds) => `서버가 ${seconds}초 동안 이 브라우저의 연결을 거부합니다.`,
  stallHint: (seconds) =>
    `서버가 ${seconds}초 동안 아무것도 보내지 않습니다. 클라이언트가 죽은 연결을 감지하는지 보세요.`,
  log: '연결 기록',
  logEmpty: '아직 없습니다.',
  says: (event) => {
    switch (event.type) {
      case 'connecting':
        return event.attempt > 0 ? `${event.attempt + 1}번째 시도` : '연결 중'
      case 'open':
        if (event.resumed === true) return '열림, 끊긴 곳부터 이어짐'
        return event.resumed === false ? '열림, 이어지지 않음' : '열림'
      case 'waiting':
        return `${causes[event.cause]}${event.status ? ` (${event.status})` : ''}, ${event.seconds}초 후 다시 시도`
      case 'closed':
        return `닫힘: ${ends[event.reason]}`
      case 'gap':
        return `갭(${event.reason}), 목록을 다시 불러옴`
      case 'channels':
        return `채널 ${event.count}개 구독`
      case 'events':
        return `이벤트 ${event.count}개 도착`
      case 'fault':
        return { cut: '연결을 끊었습니다', refuse: '오프라인으로 갑니다', stall: '응답을 멈췄습니다' }[
          event.fault
        ]
      case 'lead':
        return event.leads ? '이제 이 탭이 리더입니다' : '다른 탭이 리더입니다'
    }
  },
}

const causes = {
  network: '연결이 끊어짐',
  ended: '서버가 스트림을 끝냄',
  status: '서버가 거부함',
  'content-type': '이벤트 스트림이 아님',
  silence: '응답이 없어 워치독이 끊음',
  redirect: '다른 사이트로 보내려고 함',
  url: '연결할 주소가 없음',
  overflow: '이벤트가 너무 큼',
  refused: '브라우저가 포기함',
  refresh: '다시 로그인하지 못함',
}

const ends = {
  closed: '이 페이지가 닫음',
  ended: '서버의 요청',
  unauthorized: '로그인 필요',
  rejected: '서버가 거부함',
  exhausted: '시도 횟수 초과',
}
