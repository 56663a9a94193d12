/** The process: reads the environment, opens what is needed, listens, and leaves in order. */
import { parseArgs } from 'node:util'
import { SseError } from '@sse/express'
import {
  builtPage,
  closeServer,
  createServerFor,
  developmentPage,
  explainFailure,
  leaveWhenTold,
  listen,
} from '@sse/kit'
import { createApp } from './app.ts'
import { openDatabase } from './database/database.ts'
import { runNodes } from './nodes/nodes.ts'
import { pageOptions } from './page.ts'
import {
  createNotificationLog,
  createPostgresLog,
  createSharedLog,
  type NotificationLog,
} from './publishing/notification-log.ts'
import { createLogger } from './requests/logger.ts'
import { readSettings, type Settings } from './settings.ts'

// What this process and its Redis write holds what people write to each other: nobody else of the machine may read it.
process.umask(0o077)

const usage = `pnpm dev [--nodes N] [--postgres]

  --nodes N    N server processes on N ports, which share a Redis
  --postgres   the data and the log are in a PostgreSQL

The environment has the other settings, such as PORT: see apps/notifications/README.md.`

try {
  const settings = readSettings(process.env)
  const { nodes, postgres } = commandLine()
  if (nodes > 1 || postgres) await runNodes(nodes, settings, postgres)
  else await start(settings)
} catch (error) {
  console.error(`Notifications could not start. ${explainFailure(error)}`)
  process.exit(1)
}

/** @throws Error for an unknown option, and for a number of nodes that is not from 1 to 16 */
function commandLine(): { nodes: number; postgres: boolean } {
  const { values } = argumentsOf()
  if (values.help) {
    console.log(usage)
    process.exit()
  }
  const { nodes = '1', postgres = false } = values
  if (/^([1-9]|1[0-6])$/.test(nodes)) return { nodes: Number(nodes), postgres }
  throw new Error(`--nodes ${nodes}: how many server processes, from 1 to 16.`)
}

function argumentsOf() {
  try {
    const options = {
      nodes: { type: 'string' },
      postgres: { type: 'boolean' },
      help: { type: 'boolean' },
    } as const
    return parseArgs({ options })
  } catch (error) {
    throw new Error(`${(error as Error).message}\n\n${usage}`, { cause: error })
  }
}

async function start(settings: Settings): Promise<void> {
  const { production, port, host, allowedHosts } = settings
  const logger = await createLogger({ level: settings.logLevel, production })
  const locked = Promise.withResolvers<never>()
  locked.promise.catch(() => {})
  let isReady = false
  const onError = (error: unknown) => {
    if (isReady || !isLocked(error)) return logger.error(error)
    // In production the database may still belong to the process that this one replaces: the hub waits for it.
    if (production) console.error(`Notifications waits for its database. ${explainLock(settings)}`)
    else locked.reject(error)
  }
  const log = await openLog(settings, { onError })
  const { hub } = log
  try {
    await Promise.race([hub.ready, locked.promise])
  } catch (error) {
    throw isLocked(error) ? new Error(explainLock(settings), { cause: error }) : error
  }
  isReady = true
  const server = createServerFor(allowedHosts, (req, res) => app(req, res), { open: ['/healthz'] })
  const page = production ? builtPage(pageOptions) : await developmentPage(server, pageOptions)
  const app = createApp({
    ...log,
    ...settings,
    logger,
    page: page.handler,
  })

  const bound = await listen(server, { port, host })
  // Before the address is printed: a program that waits for it may stop the server at once.
  leaveWhenTold(
    async () => {
      // What is asked for meanwhile and cannot be stored any more is refused with 503.
      await closeServer(server, () => Promise.all([log.close(), page.close()]), production ? 5000 : 0)
    },
    (error) => logger.fatal(error),
  )
  console.log(`Notifications: http://localhost:${bound}`)
}

/** The log, and the data with it. */
async function openLog(
  settings: Settings,
  options: { onError: (error: unknown) => void },
): Promise<NotificationLog> {
  const { databaseUrl, redisUrl, databaseFile } = settings
  if (databaseUrl) return createPostgresLog(databaseUrl, options)
  const database = openDatabase(databaseFile)
  const log = redisUrl
    ? createSharedLog(database, redisUrl, options)
    : createNotificationLog(database, options)
  const close = async () => {
    await log.close()
    database.close()
  }
  return { ...log, close }
}

function isLocked(error: unknown): error is SseError {
  return error instanceof SseError && error.code === 'log-locked'
}

function explainLock({ databaseFile }: Settings): string {
  return `${databaseFile} belongs to another process. Is it running already? Stop that one, or choose a file: DATABASE_FILE=other.sqlite`
}
