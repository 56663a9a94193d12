import './world/globals.ts'

// The packages read globals when they load.
const { main } = await import('./cli.ts')
await main()
