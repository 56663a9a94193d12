import type { Server } from 'node:http'
import type { Express } from 'express'

/** Serves an app on this machine only, and says where: on the port of the variable PORT, or 3000. */
export function listen(app: Express): Server {
  const port = Number(process.env['PORT'] ?? 3000)
  return app.listen(port, '127.0.0.1', (error) => {
    if (error) cannotListen(port, error)
    console.log(`http://localhost:${port}`)
  })
}

/** Ends the process, because it cannot have its port. A stack would not help: nothing is wrong with the program. */
export function cannotListen(port: number, error: Error): never {
  const isTaken = 'code' in error && error.code === 'EADDRINUSE'
  console.error(
    isTaken
      ? `Port ${port} is in use by another program. Stop that one, or choose a port: PORT=${port + 1}`
      : error.message,
  )
  process.exit(1)
}
