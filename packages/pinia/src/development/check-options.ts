import {
  checkEventName,
  checkNames,
  type Elsewhere,
  isBoolean,
  isList,
  isObject,
  isText,
  OPTIONS,
  show,
  valuesOf,
  wrong,
} from '@sse/vue/internal'

const OF_THE_STREAM: Elsewhere = {
  ...Object.fromEntries(OPTIONS.map((name) => [name, 'It belongs to createSse()'])),
  namespace: 'Did you mean sse.stream?',
}

/**
 * Refuses what only stores have.
 *
 * @throws SseError `invalid-option`
 */
export function checkStream(options: unknown): void {
  for (const [name] of isObject(options) ? valuesOf(options) : []) {
    if (['events', 'records', 'presence'].includes(name)) {
      throw wrong(
        `${name} is not an option of createSse(). It belongs to a store: defineStore('notes', { sse: { ${name}: … } })`,
        name,
      )
    }
  }
}

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
  checkNames('sse.', sse, ['stream', 'events', 'records', 'presence', 'resync'], OF_THE_STREAM)
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
      if (one === 'event') checkEventName(name, 'sse.events')
      checkMapping(`sse.${option}.${name}`, mapping, one === 'event' ? ['action', 'batch'] : ['action'])
    }
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
