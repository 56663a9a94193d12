import { createHash } from 'node:crypto'
import { tmpdir, userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import { type Broker, createMemoryBroker } from '@sse/core'
import {
  checkFunction,
  checkNames,
  checkObject,
  checkTimeouts,
  refuseOption,
  type TailOptions,
  tailOf,
} from '@sse/core/internal'
import { mostPathBytes } from './election/socket-folder.ts'

export interface ClusterBrokerOptions extends TailOptions {
  /**
   * Creates the broker of the log: `() => createSqliteBroker('events.db')`. It is called in the leader only, each time a process begins to
   * lead, and must create a new broker each time. Default: a log in memory, which ends with the leader.
   */
  readonly broker?: (() => Broker) | undefined
  /**
   * The folder of the leader's socket. Processes with the same folder share one log. The broker creates it for the current user alone, and
   * refuses a folder that others may enter. Default: a folder in the system's folder for temporary files, named after the user and the
   * current working directory. On Windows it only names a pipe.
   */
  readonly path?: string | undefined
  /** Milliseconds that a publish may take, including a change of the leader, and that the leader may be silent. Default 5,000. */
  readonly timeout?: number | undefined
  /** Milliseconds after which `start` rejects if no leader replies. It may be called again then, and the hub does that. Default 10,000. */
  readonly startTimeout?: number | undefined
}

/** The options with their defaults. */
export interface Settings {
  readonly createBroker: () => Broker
  readonly path: string
  readonly tail: { readonly entries: number; readonly bytes: number }
  readonly timeout: number
  readonly startTimeout: number
}

/** @throws {SseError} `invalid-option` */
export function settingsOf(options: ClusterBrokerOptions): Settings {
  checkObject('options', options)
  checkNames('', options, ['broker', 'path', 'tail', 'timeout', 'startTimeout'])
  const { broker = () => createMemoryBroker(), timeout = 5_000, startTimeout = 10_000 } = options
  if (typeof options.broker === 'object')
    refuseOption('broker', 'a function that creates a broker, such as () => createSqliteBroker(file)', broker)
  checkFunction('broker', broker)
  const tail = tailOf(options)
  checkTimeouts({ timeout, startTimeout })
  return { createBroker: broker, path: pathOf(options.path), tail, timeout, startTimeout }
}

function pathOf(option: unknown): string {
  if (option !== undefined && (typeof option !== 'string' || option === '' || option.includes('\0')))
    refuseOption('path', 'the path of a folder', option)
  const path = option === undefined ? defaultPath() : resolve(option as string)
  // The address of a Unix socket is short: 104 bytes on macOS, 108 on Linux.
  if (process.platform !== 'win32' && Buffer.byteLength(path) > mostPathBytes)
    refuseOption(
      'path',
      `a path of at most ${mostPathBytes} bytes, because it becomes part of a socket's address`,
      path,
    )
  return path
}

function defaultPath(): string {
  const directory = createHash('sha256').update(process.cwd()).digest('base64url').slice(0, 16)
  return join(tmpdir(), `sse-cluster-${process.getuid?.() ?? userInfo().username}`, directory)
}
