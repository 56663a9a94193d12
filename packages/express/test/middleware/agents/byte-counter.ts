import { OutgoingMessage } from 'node:http'
import { seen } from './seen.ts'

/** Counts what all responses of the process write, as agents do that measure traffic. */
const { write } = OutgoingMessage.prototype
OutgoingMessage.prototype.write = function (this: OutgoingMessage, ...args: Parameters<typeof write>) {
  seen.bytes += Buffer.byteLength(args[0])
  return Reflect.apply(write, this, args)
} as typeof write
