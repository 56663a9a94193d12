import type { Server } from 'node:http'
import type { Express } from 'express'

/** Serves an app on this machine only, and says where: on the port of the variable PORT, or 3000. */
export function listen(app: Express): Server {
  const port = Number(process.env['PORT'] ?? 3000)
  return app.listen(port, '127.0.0.1', (error) => {
    if (error) throw error
    console.log(`http://localhost:${port}`)
  })
}
