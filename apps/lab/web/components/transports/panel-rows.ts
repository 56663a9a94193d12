import { type ComputedRef, computed } from 'vue'
import { isPolled, type TransportName } from '../../../shared/lab.ts'
import type { useFigures } from '../../figures/figures.ts'
import { bytes, count, ratio } from '../../figures/format.ts'
import { useWords } from '../../words/index.ts'

export interface Row {
  readonly key: string
  readonly label: string
  readonly value: string
  readonly isBad?: boolean
}

/** What the panel of a transport lists. */
export function usePanelRows(
  name: () => TransportName,
  figures: ReturnType<typeof useFigures>,
): ComputedRef<Row[]> {
  const words = useWords()
  return computed((): Row[] => {
    const { panel, reading, requestsPerEvent, bytesPerEvent } = figures.value
    const text = words.value.panel
    return [
      { key: 'received', label: text.received, value: count(panel.received) },
      { key: 'missed', label: text.missed, value: count(panel.missed), isBad: panel.missed > 0 },
      { key: 'repeated', label: text.repeated, value: count(panel.repeated), isBad: panel.repeated > 0 },
      { key: 'requests', label: text.requests, value: count(reading.requests) },
      ...(isPolled(name())
        ? [{ key: 'requestsEach', label: text.requestsPerEvent, value: ratio(requestsPerEvent) }]
        : []),
      ...(name() === 'etag'
        ? [{ key: 'notModified', label: text.notModified, value: count(reading.notModified) }]
        : []),
      { key: 'connections', label: text.connections, value: count(reading.connections) },
      { key: 'up', label: text.up, value: bytes(reading.bytesIn) },
      { key: 'down', label: text.down, value: bytes(reading.bytesOut) },
      { key: 'perEvent', label: text.bytesPerEvent, value: bytes(bytesPerEvent) },
    ]
  })
}
