import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files that take the longest, in this order. Begun last, one of them would be waited for alone. */
const long = [/\.browser\.test\.ts$/, /\.ci\/consumers/, /\.redis\.test\.ts$/, /\/(?:test|behind-proxy)\//]

/** Orders test files: first what waits for browsers and servers, then vitest's own order. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const index = long.findIndex((pattern) => pattern.test(moduleId))
      return index === -1 ? long.length : index
    }
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b))
  }
}
