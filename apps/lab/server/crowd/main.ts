/** The process of the crowd: it starts and stops clients as it is told, and ends with the server. */
import { type CrowdCount, perTransport, type TransportName, transportNames } from '../../shared/lab.ts'
import { type CrowdClient, startCrowdClient } from './client.ts'
import type { CrowdOrder, CrowdReport } from './messages.ts'

const crowd = perTransport((): CrowdClient[] => [])

process.on('message', (message) => {
  const order = message as CrowdOrder
  if (order.type === 'reset') {
    for (const client of transportNames.flatMap((name) => crowd[name])) client.reset()
    return
  }
  for (const name of transportNames) {
    const clients = crowd[name]
    for (const client of clients.splice(order.clients)) client.stop()
    for (const client of clients) client.setInterval(order.interval)
    while (clients.length < order.clients) {
      clients.push(startCrowdClient(name, order.ports[name], order.interval))
    }
  }
})

setInterval(() => {
  const report: CrowdReport = { type: 'counts', counts: perTransport(count) }
  process.send?.(report)
}, 500)

// The terminal's Ctrl-C reaches the server, which then ends this one.
process.on('SIGINT', () => {})
process.once('disconnect', () => process.exit(0))

function count(name: TransportName): CrowdCount {
  const sum = { open: 0, received: 0, missed: 0, repeated: 0 }
  for (const { status, ledger } of crowd[name]) {
    if (status === 'open') sum.open += 1
    sum.received += ledger.received
    sum.missed += ledger.missed
    sum.repeated += ledger.repeated
  }
  return sum
}
