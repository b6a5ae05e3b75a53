import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import type { Certificates, Identity } from './certificates.ts'

/** How a TLS connection begins: a record of the handshake (RFC 8446, 5.1). No request of HTTP does. */
const HANDSHAKE = 0x16

/** Connections that the server of HTTP does not know, or not by their sockets. */
export interface OtherConnections {
  /** Ends those that have not said what they are, and those of TLS. */
  close(): void
}

/**
 * Lets a server of HTTP speak TLS too, on the same port: the first byte of a connection tells which it is. From
 * there on both are connections of the one server, with its limits, its answers to errors and its end.
 *
 * @param onFault told why no certificate could be made
 */
export function speakBoth(
  server: Server,
  certificates: Certificates,
  onFault: (error: unknown) => void,
): OtherConnections {
  const others = new Set<Socket>()
  const [speakHttp] = server.listeners('connection') as [(this: Server, socket: Socket) => void]
  server.removeListener('connection', speakHttp)

  const tls = createTlsServer({
    ALPNProtocols: ['http/1.1'],
    handshakeTimeout: server.headersTimeout,
    SNICallback(name, answer) {
      certificates.identityFor(name).then(
        ({ context }) => answer(null, context),
        (error: Error) => {
          onFault(error)
          answer(error)
        },
      )
    },
  })
  tls.on('secureConnection', (socket) => speakHttp.call(server, socket))

  // Who names no host is shown what the server was set to.
  let shown: Identity | undefined
  async function speakTls(socket: Socket): Promise<void> {
    const identity = await certificates.identityFor()
    if (identity !== shown) tls.setSecureContext({ cert: identity.certificate, key: identity.key })
    shown = identity
    if (!socket.destroyed) tls.emit('connection', socket)
  }

  server.on('connection', (socket) => {
    const drop = (): void => void socket.destroy()
    others.add(socket)
    // As long as for the headers of a request.
    socket.setTimeout(server.headersTimeout, drop)
    socket.on('error', drop)
    socket.on('end', drop)
    socket.once('close', () => others.delete(socket))
    socket.once('data', (bytes) => {
      // Nothing more is read until its new owner asks for it; then it begins with these bytes again.
      socket.pause()
      socket.unshift(bytes)
      socket.setTimeout(0, drop)
      socket.off('end', drop)
      if (bytes[0] === HANDSHAKE) {
        speakTls(socket).catch((error: unknown) => {
          onFault(error)
          socket.destroy()
        })
        return
      }
      others.delete(socket)
      socket.off('error', drop)
      speakHttp.call(server, socket)
      socket.resume()
    })
  })

  return {
    close() {
      for (const socket of others) socket.destroy()
    },
  }
}
