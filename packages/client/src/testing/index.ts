export { type ScriptedEventSource, scriptEventSource } from './scripted-event-source.ts'
