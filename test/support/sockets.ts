import { once } from 'node:events'
import { connect } from 'node:net'

/**
 * Sends bytes on a connection of their own and answers with all that came back until the server closed it, which
 * the last request among them asks for.
 */
export async function rawExchange(port: number, bytes: string | Uint8Array): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  const received: Buffer[] = []
  socket.on('data', (chunk) => received.push(chunk))
  socket.write(bytes)
  await once(socket, 'close')
  return Buffer.concat(received).toString('latin1')
}

/** A request as it goes over the wire. */
export function rawRequest(line: string, headers: readonly string[], body = ''): string {
  return [`${line} HTTP/1.1`, 'Host: localhost', ...headers, '', body].join('\r\n')
}

/** The statuses of the answers in what `rawExchange` received, in order. */
export function statusesIn(received: string): number[] {
  return [...received.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status]) => Number(status))
}
