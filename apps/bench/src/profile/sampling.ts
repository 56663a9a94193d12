import { Session } from 'node:inspector/promises'

/** Microseconds between two samples. */
const interval = 200

/** Samples this process from now on; what it answers with ends it and gives the profile as JSON. */
export async function startProfile(): Promise<() => Promise<string>> {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.setSamplingInterval', { interval })
  await session.post('Profiler.start')
  return async () => {
    const { profile } = await session.post('Profiler.stop')
    session.disconnect()
    return JSON.stringify(profile)
  }
}
