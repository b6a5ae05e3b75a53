import { once } from 'node:events'
import { createServer as createProxy } from 'node:http'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import type { Duplex } from 'node:stream'

/** The first byte of a TLS connection (RFC 8446, section 5.1: a record of type handshake). */
const HANDSHAKE = 0x16

export interface Relay {
  readonly port: number
  close(): void
}

/**
 * Relays TLS to a server that answers plain HTTP on the same port too, and hangs up on everything else: a client
 * that falls back to plain HTTP by itself does not get through.
 */
export function relayTls(port: number): Promise<Relay> {
  return listening(createServer((client) => passTls(client, port)))
}

/**
 * The same for a client that takes it for its proxy: whatever host a tunnel is asked for (CONNECT, RFC 9110,
 * section 9.3.6), it ends at the server. So the client gets there under a name that nobody resolves.
 */
export function tunnelTls(port: number): Promise<Relay> {
  const proxy = createProxy()
  proxy.on('connect', (_request, client) => {
    client.write('HTTP/1.1 200 Connection Established\r\n\r\n')
    passTls(client, port)
  })
  return listening(proxy)
}

function passTls(client: Duplex, port: number): void {
  client.once('data', (first: Buffer) => {
    if (first[0] !== HANDSHAKE) {
      client.destroy()
      return
    }
    const server = connect(port, '127.0.0.1')
    server.write(first)
    client.pipe(server).pipe(client)
    client.on('error', () => server.destroy())
    server.on('error', () => client.destroy())
  })
  client.on('error', () => client.destroy())
}

async function listening(server: Server): Promise<Relay> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close()
    },
  }
}
