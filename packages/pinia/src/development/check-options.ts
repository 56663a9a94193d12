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
  checkNames('sse.', sse, ['stream', 'events', 'records', 'presence', 'resync'])
  const { stream, events, records, presence, resync } = sse as Readonly<Record<string, unknown>>
  if (stream !== undefined && !isText(stream)) {
    throw wrong(`sse.stream cannot be ${show(stream)}. Write the \`namespace\` of a stream`, stream)
  }
  if (resync !== undefined && resync !== false && !isText(resync)) {
    throw wrong(
      `sse.resync cannot be ${show(resync)}. Write the name of an action, or \`false\` if nothing has to be loaded`,
      resync,
    )
  }
  for (const [option, mappings] of Object.entries({ events, records, presence })) {
    if (mappings === undefined) continue
    const one = option === 'events' ? 'event' : 'channel'
    if (!isObject(mappings) || isList(mappings)) {
      throw wrong(
        `sse.${option} cannot be ${show(mappings)}. Write an object with an action for each ${one}`,
        mappings,
      )
    }
    for (const [name, mapping] of valuesOf(mappings)) {
      if (one === 'event') checkEvent(name)
      checkMapping(`sse.${option}.${name}`, mapping, one === 'event' ? ['action', 'batch'] : ['action'])
    }
  }
}

function checkEvent(event: string): void {
  if (event.startsWith('sse.')) {
    throw wrong(
      `sse.events cannot map '${event}', which the client itself emits. Listen for it with useSseEvent('${event}', …)`,
      event,
    )
  }
}

function checkMapping(where: string, mapping: unknown, names: readonly string[]): void {
  if (isText(mapping)) return
  if (!isObject(mapping) || isList(mapping)) {
    throw wrong(
      `${where} cannot be ${show(mapping)}. Write the name of an action${names.length > 1 ? ", or { action: 'addMany', batch: true }" : ''}`,
      mapping,
    )
  }
  const { action, batch } = Object.fromEntries(checkNames(`${where}.`, mapping, names))
  if (!isText(action)) {
    throw wrong(`${where}.action cannot be ${show(action)}. Write the name of an action`, action)
  }
  if (batch !== undefined && !isBoolean(batch)) {
    throw wrong(`${where}.batch cannot be ${show(batch)}. Write \`true\` or \`false\``, batch)
  }
}
