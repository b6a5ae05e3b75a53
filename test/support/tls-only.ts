import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'

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
export async function relayTls(port: number): Promise<Relay> {
  const relay = createServer((client) => {
    client.once('data', (first) => {
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
  })
  relay.listen(0, '127.0.0.1')
  await once(relay, 'listening')
  return {
    port: (relay.address() as AddressInfo).port,
    close() {
      relay.close()
    },
  }
}
