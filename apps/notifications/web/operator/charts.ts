/** The parts of ECharts that this page uses, and its colours, which are those of the style sheet. */
import { colour, pageFont } from '@sse/kit/web/colours.ts'
import { LineChart } from 'echarts/charts'
import { GridComponent } from 'echarts/components'
import { use } from 'echarts/core'
import { CanvasRenderer } from 'echarts/renderers'
import { type ComputedRef, computed } from 'vue'
import { useTheme } from '../account/preferences.ts'

use([LineChart, GridComponent, CanvasRenderer])

export interface Palette {
  readonly series: readonly string[]
  readonly muted: string
  readonly line: string
  readonly font: string
}

/** A canvas takes no variables: they are read again when the theme changes. */
export function usePalette(): ComputedRef<Palette> {
  const { shown } = useTheme()
  return computed(() => {
    void shown.value
    return {
      series: [colour('series-1'), colour('series-2'), colour('series-3')],
      muted: colour('muted'),
      line: colour('line'),
      font: pageFont(),
    }
  })
}
