import type { IncomingMessage, ServerResponse } from 'node:http'

/** What is told of a server to who waits for it. */
export interface Health {
  readonly version: string
  readonly isServing: () => boolean
}

const PATH = /^\/_(ecr-local|localstack)\/health\/?(?:\?|$)/i

/**
 * Answers who asks whether the server serves: without Express, which takes longer to load than all that has to be
 * there for an answer.
 *
 * @returns whether that was asked
 */
export function answerHealth(health: Health, request: IncomingMessage, response: ServerResponse): boolean {
  const { method, url = '' } = request
  const [, asked] = PATH.exec(url) ?? []
  if (asked === undefined || (method !== 'GET' && method !== 'HEAD')) return false
  const isServing = health.isServing()
  const { version } = health
  // Tools that wait for an emulator probe the path of LocalStack and read `services`.
  const body = JSON.stringify(
    asked === 'localstack'
      ? { services: { ecr: 'running', sts: 'running' }, edition: 'ecr-local', version }
      : { status: isServing ? 'ok' : 'stopping', version },
  )
  response.writeHead(isServing || asked === 'localstack' ? 200 : 503, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
  })
  response.end(method === 'HEAD' ? undefined : body)
  return true
}
