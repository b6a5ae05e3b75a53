import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { CreateRepositoryCommand, DescribeRepositoriesCommand } from '@aws-sdk/client-ecr'
import { beforeAll, describe, expect, it } from 'vitest'
import { aName, aRepository, sha256 } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { registryClient } from '../support/registry.ts'
import { rawExchange, rawRequest, statusesIn } from '../support/sockets.ts'

const JSON_1_1 = 'Content-Type: application/x-amz-json-1.1'
const CLOSE = 'Connection: close'

describe('a request that is broken', () => {
  const ecr = emulator()
  const exchange = (bytes: string) => rawExchange(ecr.server.port, bytes)

  /** What an answer says of the error, in the form of either door. */
  async function complaintOf(bytes: string): Promise<unknown> {
    const received = await exchange(bytes)
    const [head = '', body = ''] = received.split('\r\n\r\n')
    expect(head).toMatch(/^Connection: close$/m)
    return [statusesIn(received), JSON.parse(body)]
  }

  const atRegistry = (message: string) => ({ errors: [{ code: 'UNKNOWN', message }] })
  const atAws = (message: string, __type = 'MalformedHttpRequestException') => ({ __type, message })

  const large = `X-Large: ${'x'.repeat(64 * 1024)}`
  const long = 'a'.repeat(64 * 1024)
  it.each([
    ['headers that are too large', rawRequest('GET /v2/', [large]), 431, 'The headers are too large'],
    ['a URL that is too long', rawRequest(`GET /v2/${long}`, []), 414, 'The URL is too long'],
    ['a header without a name', rawRequest('GET /v2/', [': x']), 400, 'The request is not HTTP'],
  ])('for %s hears of it in the words of its door', async (_what, request, status, message) => {
    expect(await complaintOf(request)).toEqual([[status], atRegistry(message)])
    const toAws = request.replace('GET /v2/', 'POST /')
    expect(await complaintOf(toAws)).toEqual([[status], atAws(message)])
  })

  it('in the middle of its chunks hears of it, and nothing of it is done', async () => {
    const repositoryName = aName()
    const call = `${JSON.stringify({ repositoryName })}`
    const headers = [
      JSON_1_1,
      'X-Amz-Target: AmazonEC2ContainerRegistry_V20150921.CreateRepository',
      'Transfer-Encoding: chunked',
    ]
    const chunks = `${call.length.toString(16)}\r\n${call}\r\nno length\r\n`
    // The parser no longer has the line by which the door is known.
    expect(await exchange(rawRequest('POST /', headers, chunks))).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
    const { repositories } = await ecr.client().send(new DescribeRepositoriesCommand({}))
    expect(repositories?.map((repository) => repository.repositoryName)).not.toContain(repositoryName)
  })

  it.each([
    ['is no request', 'no request\r\n\r\n'],
    ['breaks off', rawRequest('POST /', ['Transfer-Encoding: chunked'], 'no length\r\n')],
  ])(
    'and %s is told so behind the answers to those before it, and not within them',
    async (_what, broken) => {
      const registry = registryClient(ecr)
      const name = await aRepository(ecr.client())
      // More than the buffers of a connection hold: it is on its way when the broken one comes.
      const blob = Buffer.alloc(8 * 1024 * 1024, 'a blob.\n')
      const { digest } = await registry.pushBlob(name, blob)
      const login = `Authorization: ${await registry.authorization()}`
      const get = rawRequest(`GET /v2/${name}/blobs/${digest}`, [login])
      const received = await exchange(`${get}${rawRequest('GET /v2/', [login])}${broken}`)
      expect(statusesIn(received)).toEqual([200, 200, 400])
      const begin = received.indexOf('\r\n\r\n') + 4
      expect(sha256(Buffer.from(received.slice(begin, begin + blob.length), 'latin1'))).toBe(digest)
    },
  )

  /*
   * Two servers that find the end of a request in different places can be made to see different requests (RFC 9112,
   * 11.2): what is ambiguous is refused, and the connection ends with it, so that nothing behind it is a request.
   */
  describe('in where it ends', () => {
    const smuggled = rawRequest('GET /_ecr-local/info', [CLOSE])
    const upload = 'POST /v2/aa/blobs/uploads/'
    it.each<[what: string, request: string]>([
      [
        'with a length and chunks',
        rawRequest(upload, ['Content-Length: 4', 'Transfer-Encoding: chunked'], '0\r\n\r\n'),
      ],
      [
        'with chunks and a length',
        rawRequest(upload, ['Transfer-Encoding: chunked', 'Content-Length: 4'], '0\r\n\r\n'),
      ],
      ['with two lengths', rawRequest(upload, ['Content-Length: 5', 'Content-Length: 0'])],
      ['with a list of lengths', rawRequest(upload, ['Content-Length: 0, 0'])],
      ['with a length below zero', rawRequest(upload, ['Content-Length: -1'])],
      ['with a length in hexadecimal', rawRequest(upload, ['Content-Length: 0x0'])],
      ['with a length that has a sign', rawRequest(upload, ['Content-Length: +0'])],
      ['with a space before the colon', rawRequest(upload, ['Content-Length : 0'])],
      [
        'with a coding after chunked',
        rawRequest(upload, ['Transfer-Encoding: chunked, identity'], '0\r\n\r\n'),
      ],
      ['with an unknown coding', rawRequest(upload, ['Transfer-Encoding: xchunked'], '0\r\n\r\n')],
      ['with a header that goes on in the next line', rawRequest(upload, ['X-A: b', ' Content-Length: 0'])],
      ['with a lone line feed', rawRequest(upload, ['X-A: b\nContent-Length: 0'])],
      ['with a lone carriage return', rawRequest(upload, ['X-A: b\rContent-Length: 0'])],
      ['with a zero in a header', rawRequest(upload, ['X-A: b\0c'])],
      [
        'with a length of a chunk that is none',
        rawRequest(upload, ['Transfer-Encoding: chunked'], '0x1\r\na\r\n0\r\n\r\n'),
      ],
      [
        'with a length of a chunk that is negative',
        rawRequest(upload, ['Transfer-Encoding: chunked'], '-1\r\na\r\n0\r\n\r\n'),
      ],
      [
        'with more in a chunk than its length',
        rawRequest(upload, ['Transfer-Encoding: chunked'], '1\r\nab\r\n0\r\n\r\n'),
      ],
      [
        'with a length of a chunk beyond any number',
        rawRequest(upload, ['Transfer-Encoding: chunked'], `${'f'.repeat(17)}\r\na\r\n0\r\n\r\n`),
      ],
    ])('%s is refused, and nothing behind it is heard', async (_what, request) => {
      const received = await exchange(`${request}${smuggled}`)
      expect(statusesIn(received).at(-1)).toBe(400)
      expect(received).not.toContain('"configuration"')
    })

    it('at its end lets the next one be heard', async () => {
      const request = rawRequest(
        upload,
        ['Transfer-Encoding: chunked'],
        '1;name=value\r\na\r\n0\r\nX-T: x\r\n\r\n',
      )
      const received = await exchange(`${request}${smuggled}`)
      expect(statusesIn(received)).toEqual([401, 200])
    })
  })
})

describe('many connections', () => {
  const ecr = emulator()
  let name: string
  beforeAll(async () => {
    name = await aRepository(ecr.client())
  })

  const CONNECTIONS = 1000

  it(`of which ${CONNECTIONS} say nothing, or half of what they have to say, leave room for others`, async () => {
    const before = process.memoryUsage().rss
    const half = rawRequest('POST /', ['Content-Length: 100', JSON_1_1], '{"repositoryName":')
    const openings = ['', 'GET /v2/ HTTP/1.1\r\nHost: localhost\r\n', half]
    const sockets: Socket[] = []
    for (let index = 0; index < CONNECTIONS; index += 1) {
      const socket = connect(ecr.server.port, '127.0.0.1')
      sockets.push(socket)
      await once(socket, 'connect')
      socket.on('error', () => undefined).write(openings[index % openings.length] as string)
    }
    try {
      await ecr.client().send(new CreateRepositoryCommand({ repositoryName: aName() }))
      const registry = registryClient(ecr)
      const { digest } = await registry.pushBlob(name)
      expect(sha256(await registry.getBlob(name, digest))).toBe(digest)
      // Both ends of them are in this process.
      expect((process.memoryUsage().rss - before) / CONNECTIONS).toBeLessThan(300 * 1024)
    } finally {
      for (const socket of sockets) socket.destroy()
    }
  })
})
