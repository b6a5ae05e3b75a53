import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'

/** How a request came, for conditions of policies. */
export interface Connection {
  /** IPv4 or IPv6. */
  readonly sourceIp: string | undefined
  readonly isSecure: boolean
}

export function connectionOf(socket: Socket): Connection {
  return {
    // A socket that listens for both families shows IPv4 in IPv6's form.
    sourceIp: socket.remoteAddress?.replace(/^::ffff:(?=[0-9.]+$)/, ''),
    isSecure: (socket as Partial<TLSSocket>).encrypted === true,
  }
}
