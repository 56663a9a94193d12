/** The packages, in the order of the guides. */
export const packages: readonly string[] = [
  'express',
  'fetch',
  'sqlite',
  'redis',
  'postgres',
  'cluster',
  'client',
  'vue',
  'pinia',
  'vuex',
  'core',
]
