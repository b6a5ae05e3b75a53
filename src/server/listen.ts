import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Requests under way have this long to end when a server stops. */
const GRACE_MILLISECONDS = 500
const IDLE_CHECK_MILLISECONDS = 10

/** Listens, and answers with the port. */
export async function listen(server: Server, port: number, host: string): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  return (server.address() as AddressInfo).port
}

/**
 * Takes no more requests, lets those under way end, and cuts off what takes too long.
 *
 * @param others connections that are not, or not only, the server's
 */
export async function stop(server: Server, others?: { close(): void }): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  // Connections whose last request ends now would stay open for the next one.
  const closeIdle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MILLISECONDS)
  server.closeIdleConnections()
  const cut = setTimeout(() => {
    server.closeAllConnections()
    others?.close()
  }, GRACE_MILLISECONDS)
  await closed
  clearTimeout(cut)
  clearInterval(closeIdle)
}

/** The name by which clients on this machine reach a server that listens on `host`. */
export function reachableName(host: string): string {
  const local = ['127.0.0.1', '::1', '0.0.0.0', '::', 'localhost']
  if (local.includes(host)) return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}
