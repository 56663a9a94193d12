import { checkNames, isBoolean, isList, isObject, isText, show, valuesOf, wrong } from '@sse/vue/internal'

/**
 * Checks the option `sse` of a store. Only own properties with a value count, as everywhere.
 *
 * @throws SseError `invalid-option`
 */
export function checkStoreOptions(store: string, sse: unknown): void {
  const where = `sse of the store '${store}'`
  if (!isObject(sse) || isList(sse)) {
    throw wrong(`${where} cannot be ${show(sse)}. Write an object: \`sse: { events: { note: 'add' } }\``, sse)
  }
  checkNames('sse.', sse, ['stream', 'events', 'resync'])
  const { stream, events, resync } = sse as Readonly<Record<string, unknown>>
  if (stream !== undefined && !isText(stream)) {
    throw wrong(`sse.stream cannot be ${show(stream)}. Write the \`namespace\` of a stream`, stream)
  }
  if (resync !== undefined && resync !== false && !isText(resync)) {
    throw wrong(
      `sse.resync cannot be ${show(resync)}. Write the name of an action, or \`false\` if nothing has to be loaded`,
      resync,
    )
  }
  if (events === undefined) return
  if (!isObject(events) || isList(events)) {
    throw wrong(`sse.events cannot be ${show(events)}. Write an object with an action for each event`, events)
  }
  for (const [event, mapping] of valuesOf(events)) checkMapping(event, mapping)
}

function checkMapping(event: string, mapping: unknown): void {
  if (event.startsWith('sse.')) {
    throw wrong(
      `sse.events cannot map '${event}', which the client itself emits. Listen for it with useSseEvent('${event}', …)`,
      event,
    )
  }
  if (isText(mapping)) return
  const where = `sse.events.${event}`
  if (!isObject(mapping) || isList(mapping)) {
    throw wrong(
      `${where} cannot be ${show(mapping)}. Write the name of an action, or { action: 'addMany', batch: true }`,
      mapping,
    )
  }
  const { action, batch } = Object.fromEntries(checkNames(`${where}.`, mapping, ['action', 'batch']))
  if (!isText(action)) {
    throw wrong(`${where}.action cannot be ${show(action)}. Write the name of an action`, action)
  }
  if (batch !== undefined && !isBoolean(batch)) {
    throw wrong(`${where}.batch cannot be ${show(batch)}. Write \`true\` or \`false\``, batch)
  }
}
