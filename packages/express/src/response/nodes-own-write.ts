import { IncomingMessage, OutgoingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import util from 'node:util'

type Write = OutgoingMessage['write']

/**
 * Node's own `OutgoingMessage.prototype.write`. It is `undefined` if an agent that was loaded earlier has wrapped it, or has wrapped a method
 * that it calls on the way to the socket. Such an agent counts or changes bytes, so nothing may bypass it.
 */
export const nodesOwnWrite: Write | undefined = findOwnWrite()

/**
 * Tries one write when the module is loaded. A wrapper can imitate a name, a length and a source, but it is in the call stack: it either
 * stands between this module and the socket, or it never reaches the socket.
 */
function findOwnWrite(): Write | undefined {
  const { write } = OutgoingMessage.prototype
  try {
    const own = callOutsideNode(undefined)
    return own !== undefined && callOutsideNode(write) === own ? write : undefined
  } catch {
    // Node's own functions do not throw here.
    return undefined
  }
}

/**
 * Writes to a response, and finds the innermost call in its stack that Node did not make. Without a wrapper this is the call in this
 * function, the same as for a call of the socket itself.
 *
 * @param write `undefined`: the socket's
 */
function callOutsideNode(write: Write | undefined): string | undefined {
  const socket = nowhere()
  const response = new ServerResponse(new IncomingMessage(socket))
  response.assignSocket(socket)
  // Node 26 buffers chunks until the next tick, but writes a response with a length at once.
  response.setHeader('Content-Length', 1)
  response.flushHeaders()
  let stack: readonly { readonly scriptName: string }[] = []
  socket.write = () => {
    stack = util.getCallSites(50).slice(1)
    return true
  }
  Reflect.apply(write ?? socket.write, response, ['.'])
  return JSON.stringify(stack.find(({ scriptName }) => !scriptName.startsWith('node:')))
}

/** A socket that discards everything, to find out how this Node behaves. */
export function nowhere(): Socket {
  return new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() }) as Socket
}
