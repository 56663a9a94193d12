/** The parts of ECharts that this page uses, and its colours, which are those of the style sheet. */
import { colour } from '@sse/kit/web/colours.ts'
import { useMediaQuery } from '@vueuse/core'
import { BarChart, ScatterChart } from 'echarts/charts'
import { GridComponent, MarkAreaComponent } from 'echarts/components'
import { use } from 'echarts/core'
import { CanvasRenderer } from 'echarts/renderers'
import { type ComputedRef, computed } from 'vue'
import type { TransportName } from '../../shared/lab.ts'

use([BarChart, ScatterChart, GridComponent, MarkAreaComponent, CanvasRenderer])

export type Palette = Readonly<Record<TransportName | 'ink' | 'muted' | 'grid' | 'warn-soft', string>>

/** A canvas takes no variables: they are read again when the theme changes. */
export function usePalette(): ComputedRef<Palette> {
  const dark = useMediaQuery('(prefers-color-scheme: dark)')
  return computed(() => {
    void dark.value
    return {
      short: colour('short'),
      etag: colour('etag'),
      long: colour('long'),
      websocket: colour('websocket'),
      sse: colour('sse'),
      ink: colour('ink'),
      muted: colour('muted'),
      grid: colour('grid'),
      'warn-soft': colour('warn-soft'),
    }
  })
}
