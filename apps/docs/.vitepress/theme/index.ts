import type { Theme } from 'vitepress'
import DefaultTheme from 'vitepress/theme'
import GapDiagram from './GapDiagram.vue'
import HandshakeDiagram from './HandshakeDiagram.vue'
import LogDiagram from './LogDiagram.vue'
import './style.css'

export default {
  extends: DefaultTheme,
  enhanceApp({ app }) {
    app.component('GapDiagram', GapDiagram)
    app.component('HandshakeDiagram', HandshakeDiagram)
    app.component('LogDiagram', LogDiagram)
  },
} satisfies Theme
