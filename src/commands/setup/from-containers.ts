import type { Target } from './settings.ts'

/**
 * A server on this machine as containers reach it: on Linux by the address of Docker's own bridge, which every
 * container's network leads to, elsewhere by the name that Docker Desktop gives this machine.
 */
export function fromContainers(url: URL): URL {
  const reached = new URL(url)
  if (!['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)) return reached
  reached.hostname = process.platform === 'linux' ? '172.17.0.1' : 'host.docker.internal'
  return reached
}

/** A line of what containers need of the server, where they do not have it. */
export function listenNote({ listensOn }: Target): string {
  return ['127.0.0.1', 'localhost', '::1'].includes(listensOn)
    ? `The server listens on ${listensOn}, which containers do not reach: start it with --host 0.0.0.0.\n`
    : ''
}
