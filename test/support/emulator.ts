import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { ECRClient } from '@aws-sdk/client-ecr'
import { afterAll, beforeAll, expect } from 'vitest'
import { operations } from '../../src/generated/ecr/operations.ts'
import { outputSchemas } from '../../src/generated/ecr/output-schemas.ts'
import type { OperationName } from '../../src/generated/ecr/types.ts'
import { type RunningServer, type ServerOptions, startServer } from '../../src/index.ts'
import { noteReached, PLANTED } from './errors-reached.ts'

/** Errors of AWS's front end, which no operation declares. */
const COMMON_ERRORS = [
  'AccessDeniedException',
  'ExpiredTokenException',
  'IncompleteSignatureException',
  'InvalidSignatureException',
  'MissingAuthenticationTokenException',
  'RequestEntityTooLargeException',
  'SerializationException',
  'ThrottlingException',
  'UnrecognizedClientException',
]

export interface Emulator {
  readonly server: RunningServer
  /** A client of the default account, or of whoever the access key says. */
  client(identity?: { accessKeyId?: string; region?: string }): ECRClient
  /** Starts the server anew on what it kept in `dataDir`; a client that was made before knows its old port. */
  restart(meanwhile?: () => void): Promise<void>
  /** Sends what no SDK would send, signed as any client's. */
  call(operation: string, input: unknown, headers?: Record<string, string>): Promise<RawAnswer>
}

export interface RawAnswer {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: the tests say what they expect of it
  readonly body: any
}

/** A server of the tests of one file; each test may assume that repositories of other tests are there. */
export function emulator(options: ServerOptions = {}): Emulator {
  let server: RunningServer | undefined
  const clients: ECRClient[] = []
  beforeAll(async () => {
    server = await startServer(options)
  })
  afterAll(async () => {
    for (const client of clients) client.destroy()
    await server?.close()
  })
  return {
    get server() {
      if (!server) throw new Error('The server starts before the first test')
      return server
    },
    client({ accessKeyId = 'test', region = 'eu-west-1' } = {}) {
      const client = new ECRClient({
        endpoint: this.server.url,
        region,
        credentials: { accessKeyId, secretAccessKey: 'test' },
        maxAttempts: 1,
      })
      checkAnswers(client)
      clients.push(client)
      return client
    },
    async restart(meanwhile) {
      await this.server.close()
      meanwhile?.()
      server = await startServer(options)
    },
    async call(operation, input, headers = {}) {
      const response = await fetch(this.server.url, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-amz-json-1.1',
          'x-amz-target': `AmazonEC2ContainerRegistry_V20150921.${operation}`,
          authorization: authorizationOf('test', 'eu-west-1'),
          ...headers,
        },
        body: typeof input === 'string' ? input : JSON.stringify(input),
      })
      const body = JSON.parse(await response.text())
      checkAnswer(operation, response.status, body)
      return { status: response.status, headers: response.headers, body }
    },
  }
}

/** An Authorization header whose signature nobody checks. */
export function authorizationOf(accessKeyId: string, region: string): string {
  const scope = `${accessKeyId}/20261124/${region}/ecr/aws4_request`
  return `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host;x-amz-date, Signature=${'0'.repeat(64)}`
}

/** Holds every answer against the model, before the SDK drops what it does not know. */
function checkAnswers(client: ECRClient): void {
  const { requestHandler } = client.config
  const send = requestHandler.handle.bind(requestHandler)
  requestHandler.handle = async (request, options) => {
    const result = await send(request, options)
    const operation = request.headers['x-amz-target']?.split('.')[1] ?? ''
    const body = await text(result.response.body)
    checkAnswer(operation, result.response.statusCode, JSON.parse(body))
    result.response.body = Readable.from([Buffer.from(body)])
    return result
  }
}

function checkAnswer(operation: string, status: number, body: { __type?: string; message?: string }): void {
  if (!Object.hasOwn(operations, operation)) return
  const name = operation as OperationName
  if (status === 200) {
    const parsed = outputSchemas[name].safeParse(body)
    expect(parsed.error?.issues ?? [], `the answer of ${operation}`).toEqual([])
    return
  }
  const error = String(body.__type)
  expect([...operations[name].errors, ...COMMON_ERRORS], `errors of ${operation}`).toContain(error)
  noteReached(name, error, body.message === PLANTED ? 'planted' : 'caused')
}
