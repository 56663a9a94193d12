import { conformanceOn } from './kit/conformance.ts'

conformanceOn('the PostgreSQL broker')
