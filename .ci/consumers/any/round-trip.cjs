const { once } = require('node:events')

/**
 * One event from a hub to a client, by what the caller has loaded in its own way. Nothing may be left over: the
 * process has to end by itself.
 *
 * @returns the data of the event
 */
module.exports = async function roundTrip({ createHub, createSseClient, express, sse }) {
  const hub = createHub()
  const app = express()
  app.use(sse({ hub }))
  app.get('/events', (_req, res) => {
    res.sse.subscribe('news')
    hub.publish('news', { title: 'Hi' }, { event: 'notification' })
  })
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')

  const client = createSseClient(`http://127.0.0.1:${server.address().port}/events`)
  const data = await new Promise((resolve) => {
    client.on('notification', resolve)
    client.connect()
  })
  client.close()
  await hub.close()
  server.close()
  return data
}
