import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { until } from './until.ts'

/** Waits until the garbage collector has taken all of these. */
export async function collected(references: readonly WeakRef<object>[]): Promise<void> {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  await until(() => {
    gc()
    return references.every((reference) => !reference.deref())
  })
}
