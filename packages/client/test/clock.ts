export { createTestClock, type TestClock } from '../src/testing/index.ts'
