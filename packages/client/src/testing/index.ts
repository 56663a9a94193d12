export { type ScriptedEventSource, scriptEventSource } from './scripted-event-source.ts'
export { createTestClock, type TestClock } from './test-clock.ts'
