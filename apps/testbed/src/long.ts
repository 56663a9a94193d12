/** Whether this is the long form of a test, which `test:faults` runs. */
export const isLong = process.env['SSE_FAULTS'] === 'long'
