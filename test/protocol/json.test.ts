import { gzipSync } from 'node:zlib'
import { CreateRepositoryCommand, DescribeRepositoriesCommand } from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { aLayer, aName, aRepository } from '../support/content.ts'
import { authorizationOf, emulator } from '../support/emulator.ts'
import { PLANTED } from '../support/errors-reached.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const TARGET = 'AmazonEC2ContainerRegistry_V20150921'

const ecr = emulator()

/** A request of which a test changes one thing. */
function post(change: { path?: string; method?: string; headers?: object; body?: RequestInit['body'] } = {}) {
  const { path = '/', method = 'POST', headers = {}, body = '{}' } = change
  return fetch(new URL(path, ecr.server.url), {
    method,
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `${TARGET}.DescribeRegistry`,
      authorization: authorizationOf('test', 'eu-west-1'),
      ...headers,
    },
    ...(method !== 'GET' && method !== 'HEAD' && { body }),
    duplex: 'half',
  } as RequestInit)
}

describe('a JSON 1.1 request', () => {
  it.each([
    ['no target', { 'x-amz-target': '' }],
    ['an unknown operation', { 'x-amz-target': `${TARGET}.MakeTea` }],
    ['an operation in other letters', { 'x-amz-target': `${TARGET}.describeRegistry` }],
    ['no operation', { 'x-amz-target': `${TARGET}.` }],
    ['a name that every object has', { 'x-amz-target': `${TARGET}.constructor` }],
    ['no service', { 'x-amz-target': 'DescribeRegistry' }],
    ['another version', { 'x-amz-target': 'AmazonEC2ContainerRegistry_V20991231.DescribeRegistry' }],
    ['another service', { 'x-amz-target': 'SpencerFrontendService.DescribeRegistries' }],
    ['JSON of another version', { 'content-type': 'application/x-amz-json-1.0' }],
    ['plain JSON', { 'content-type': 'application/json' }],
    ['CBOR', { 'content-type': 'application/cbor' }],
  ])('with %s is an unknown operation', async (_what, headers) => {
    const answer = await post({ headers })
    expect(answer.status).toBe(400)
    expect(await answer.text()).toBe('{"__type":"UnknownOperationException"}')
  })

  it.each(['Application/X-Amz-Json-1.1', 'application/x-amz-json-1.1; charset=utf-8'])(
    'may have the content type %s',
    async (contentType) => {
      expect((await post({ headers: { 'content-type': contentType } })).status).toBe(200)
    },
  )

  it.each(['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])('is not made by %s', async (method) => {
    const answer = await post({ method })
    expect(answer.status).toBe(405)
    expect(answer.headers.get('allow')).toBe('POST')
    expect(answer.headers.get('x-amzn-requestid')).toMatch(UUID)
    const message = 'The AWS APIs are called by POST /'
    const expected = JSON.stringify({ __type: 'MethodNotAllowedException', message })
    expect(await answer.text()).toBe(method === 'HEAD' ? '' : expected)
  })

  it.each(['/ecr', '/v3/', '/%', '/..;/', '/_ecr-localx', '/%5f/'])('is not made at %s', async (path) => {
    const answer = await post({ path })
    expect(answer.status).toBe(404)
    const message = `There is nothing at ${path}`
    expect(await answer.json()).toEqual({ __type: 'UnknownOperationException', message })
  })

  it('may have a query', async () => {
    expect((await post({ path: '/?x=1' })).status).toBe(200)
  })
})

describe('a JSON 1.1 answer', () => {
  it('has the headers of AWS, and a request id of its own', async () => {
    const answers = await Promise.all([post(), post(), post({ headers: { 'x-amz-target': '' } })])
    const ids = answers.map(({ headers }) => headers.get('x-amzn-requestid'))
    expect(new Set(ids).size).toBe(3)
    for (const answer of answers) {
      const body = await answer.text()
      expect(answer.headers.get('x-amzn-requestid')).toMatch(UUID)
      expect(answer.headers.get('content-type')).toBe('application/x-amz-json-1.1')
      expect(answer.headers.get('content-length')).toBe(String(body.length))
      expect(new Date(answer.headers.get('date') ?? '').getTime()).toBeGreaterThan(0)
      expect(answer.headers.get('x-powered-by')).toBeNull()
      expect(answer.headers.get('etag')).toBeNull()
    }
  })

  it('has its keys in alphabetical order, at every depth, and times as epoch seconds', async () => {
    const repositoryName = aName()
    const before = Date.now() / 1000
    const answer = await post({
      headers: { 'x-amz-target': `${TARGET}.CreateRepository` },
      body: JSON.stringify({ repositoryName }),
    })
    const text = await answer.text()
    const uri = `${ecr.server.registry}/${repositoryName}`
    const arn = `arn:aws:ecr:eu-west-1:000000000000:repository/${repositoryName}`
    const [, createdAt] = /"createdAt":([\d.]+),/.exec(text) ?? []
    expect(text).toBe(
      `{"repository":{"createdAt":${createdAt},"encryptionConfiguration":{"encryptionType":"AES256"},` +
        '"imageScanningConfiguration":{"scanOnPush":false},"imageTagMutability":"MUTABLE",' +
        `"registryId":"000000000000","repositoryArn":"${arn}","repositoryName":"${repositoryName}",` +
        `"repositoryUri":"${uri}"}}`,
    )
    expect(Number(createdAt)).toBeGreaterThanOrEqual(before - 0.001)
    expect(Number(createdAt)).toBeLessThanOrEqual(Date.now() / 1000)
  })

  it('is an empty object when the operation answers nothing', async () => {
    const client = ecr.client()
    const repositoryName = await aRepository(client)
    const { repositories } = await client.send(
      new DescribeRepositoriesCommand({ repositoryNames: [repositoryName] }),
    )
    const { status, body } = await ecr.call('TagResource', {
      resourceArn: repositories?.[0]?.repositoryArn,
      tags: [{ Key: 'a', Value: 'b' }],
    })
    expect([status, body]).toEqual([200, {}])
  })

  it('tells an error by its type in body and header', async () => {
    const { status, headers, body } = await ecr.call('ListImages', { repositoryName: 'missing' })
    expect(status).toBe(400)
    expect(headers.get('x-amzn-errortype')).toBe('RepositoryNotFoundException')
    expect(JSON.stringify(body)).toBe(
      '{"__type":"RepositoryNotFoundException","message":"The repository with name \'missing\' does not exist in the registry with id \'000000000000\'"}',
    )
  })

  it("gives an error its members, and AccessDenied's message a capital", async () => {
    const repositoryName = await aRepository(ecr.client())
    const { body: begun } = await ecr.call('InitiateLayerUpload', { repositoryName })
    const part = { repositoryName, uploadId: begun.uploadId, partFirstByte: 5, partLastByte: 5 }
    const { body } = await ecr.call('UploadLayerPart', { ...part, layerPartBlob: 'QQ==' })
    expect(Object.keys(body)).toEqual([
      '__type',
      'lastValidByteReceived',
      'message',
      'registryId',
      'repositoryName',
      'uploadId',
    ])
    const denied = await ecr.call('ListImages', { repositoryName, registryId: '123456789012' })
    expect(Object.keys(denied.body)).toEqual(['Message', '__type'])
  })

  it('has the status 500 when the server is at fault', async () => {
    await fetch(`${ecr.server.url}/_ecr-local/faults`, {
      method: 'PUT',
      body: JSON.stringify([
        { operation: 'DescribeRegistry', error: 'ServerException', message: PLANTED, times: 1 },
      ]),
    })
    const { status, body } = await ecr.call('DescribeRegistry', {})
    expect([status, body]).toEqual([500, { __type: 'ServerException', message: PLANTED }])
  })
})

describe('the members of an input', () => {
  it.each([
    ['nothing at all', ''],
    ['no members', '{}'],
    ['space around', ' \r\n\t{} '],
    [
      'unknown members, however deep',
      `{"colour":"red","__proto__":{"a":null},"x":${'['.repeat(1e5)}1${']'.repeat(1e5)}}`,
    ],
    ['members that are null', '{"nextToken":null,"maxResults":null,"repositoryNames":null}'],
    ['a byte order mark', '\uFEFF{}'],
    ['the same member twice, of which the last counts', '{"maxResults":"x","maxResults":5}'],
  ])('may be %s', async (_what, body) => {
    const answer = await post({ headers: { 'x-amz-target': `${TARGET}.DescribeRepositories` }, body })
    expect(answer.status).toBe(200)
  })

  it('that are null count as absent, also where they are required', async () => {
    const { body } = await ecr.call('CreateRepository', { repositoryName: null })
    expect(body.message).toBe(
      "Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must not be null'",
    )
    const name = aName()
    const created = await ecr.call('CreateRepository', {
      repositoryName: name,
      imageScanningConfiguration: { scanOnPush: null },
      tags: null,
    })
    expect(created.body.repository.repositoryName).toBe(name)
  })

  it.each([
    ['broken off', '{"repositoryName":', 'Unable to parse the request body as JSON'],
    ['with something behind', '{} {}', 'Unable to parse the request body as JSON'],
    ['with a comma too many', '{"a":1,}', 'Unable to parse the request body as JSON'],
    ['in single quotes', "{'a':1}", 'Unable to parse the request body as JSON'],
    ['no JSON', 'repositoryName=abc', 'Unable to parse the request body as JSON'],
    ['only space', ' ', 'Unable to parse the request body as JSON'],
    ['a list', '[]', 'The request body must be a JSON object'],
    [
      'a list in a list, 100,000 times',
      `${'['.repeat(1e5)}${']'.repeat(1e5)}`,
      'The request body must be a JSON object',
    ],
    ['a list that never ends', '['.repeat(1e5), 'Unable to parse the request body as JSON'],
    ['a text', '"{}"', 'The request body must be a JSON object'],
    ['a number', '1', 'The request body must be a JSON object'],
    ['null', 'null', 'The request body must be a JSON object'],
    ['no UTF-8', Buffer.from('{"repositoryName":"caf\xe9"}', 'latin1'), 'The request body is not UTF-8'],
    ['half a character', Buffer.from('7b2261223a22e282227d', 'hex'), 'The request body is not UTF-8'],
    ['UTF-16', Buffer.from('\uFEFF{}', 'utf16le'), 'The request body is not UTF-8'],
  ])('are not read from a body that is %s', async (_what, body, message) => {
    const answer = await post({ body })
    expect(answer.status).toBe(400)
    expect(await answer.json()).toEqual({ __type: 'SerializationException', message })
  })

  it.each([
    ['CreateRepository', { repositoryName: 1 }, 'NUMBER_VALUE can not be converted to a String'],
    ['CreateRepository', { repositoryName: 1.5 }, 'DECIMAL_VALUE can not be converted to a String'],
    ['CreateRepository', { repositoryName: true }, 'TRUE_VALUE can not be converted to a String'],
    ['CreateRepository', { repositoryName: false }, 'FALSE_VALUE can not be converted to a String'],
    ['CreateRepository', { repositoryName: ['a'] }, 'START_ARRAY can not be converted to a String'],
    ['CreateRepository', { repositoryName: {} }, 'START_OBJECT can not be converted to a String'],
    [
      'CreateRepository',
      { repositoryName: 'ab', imageTagMutability: 1 },
      'NUMBER_VALUE can not be converted to a String',
    ],
    ['CreateRepository', { repositoryName: 'ab', tags: 'a' }, 'STRING_VALUE can not be converted to a List'],
    [
      'CreateRepository',
      { repositoryName: 'ab', tags: ['a'] },
      'STRING_VALUE can not be converted to a Structure',
    ],
    [
      'CreateRepository',
      { repositoryName: 'ab', tags: [{ Key: {}, Value: '' }] },
      'START_OBJECT can not be converted to a String',
    ],
    [
      'CreateRepository',
      { repositoryName: 'ab', imageScanningConfiguration: [] },
      'START_ARRAY can not be converted to a Structure',
    ],
    [
      'CreateRepository',
      { repositoryName: 'ab', imageScanningConfiguration: { scanOnPush: 'true' } },
      'STRING_VALUE can not be converted to a Boolean',
    ],
    [
      'CreateRepository',
      { repositoryName: 'ab', imageScanningConfiguration: { scanOnPush: 0 } },
      'NUMBER_VALUE can not be converted to a Boolean',
    ],
    ['DescribeRepositories', { maxResults: '5' }, 'STRING_VALUE can not be converted to an Integer'],
    ['DescribeRepositories', { maxResults: 1.5 }, 'DECIMAL_VALUE can not be converted to an Integer'],
    ['DescribeRepositories', { maxResults: {} }, 'START_OBJECT can not be converted to an Integer'],
    ['DescribeRepositories', { repositoryNames: {} }, 'START_OBJECT can not be converted to a List'],
    ['DescribeRepositories', { repositoryNames: [1] }, 'NUMBER_VALUE can not be converted to a String'],
    [
      'BatchDeleteImage',
      { repositoryName: 'ab', imageIds: [[]] },
      'START_ARRAY can not be converted to a Structure',
    ],
  ])('%s %j has a member of the wrong type', async (operation, input, message) => {
    const { status, body } = await ecr.call(operation, input)
    expect([status, body]).toEqual([400, { __type: 'SerializationException', message }])
  })

  it('may be a nest of lists where a text belongs, without harm', async () => {
    const nest = `{"repositoryName":${'['.repeat(1e5)}${']'.repeat(1e5)}}`
    const { status, body } = await ecr.call('CreateRepository', nest)
    expect(status).toBe(400)
    expect(body.message).toBe('START_ARRAY can not be converted to a String')
  })

  it.each([['A'], ['QQ='], ['QQ'], ['QUJD*'], ['QU JD'], ['QUJD\n'], ['_-8='], ['QQ==QQ=='], ['Ω=='], [17]])(
    'that are bytes come as base64, and %j is none',
    async (layerPartBlob) => {
      const repositoryName = await aRepository(ecr.client())
      const uploadId = '00000000-0000-4000-8000-000000000000'
      const part = { repositoryName, uploadId, partFirstByte: 0, partLastByte: 0, layerPartBlob }
      const { status, body } = await ecr.call('UploadLayerPart', part)
      expect([status, body.__type]).toEqual([400, 'SerializationException'])
    },
  )
})

describe('the body of a request', () => {
  const NAMED = { 'x-amz-target': `${TARGET}.CreateRepository` }

  it('may come in chunks, cut inside a character', async () => {
    const name = aName()
    const bytes = Buffer.from(JSON.stringify({ repositoryName: name, tags: [{ Key: 'k', Value: 'é' }] }))
    const body = new ReadableStream({
      start(controller) {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte))
        controller.close()
      },
    })
    const answer = await post({ headers: NAMED, body })
    expect(answer.status).toBe(200)
    const arn = `arn:aws:ecr:eu-west-1:000000000000:repository/${name}`
    const { body: listed } = await ecr.call('ListTagsForResource', { resourceArn: arn })
    expect(listed.tags).toEqual([{ Key: 'k', Value: 'é' }])
  })

  it('may not be compressed', async () => {
    const headers = { 'content-encoding': 'gzip' }
    const answer = await post({ headers, body: gzipSync('{}') })
    expect(answer.status).toBe(400)
    const message = "Content-Encoding 'gzip' is not supported"
    expect(await answer.json()).toEqual({ __type: 'SerializationException', message })
    expect((await post({ headers: { 'content-encoding': 'identity' } })).status).toBe(200)
  })

  it('may carry a layer part of 20 MiB', async () => {
    const client = ecr.client()
    const repositoryName = await aRepository(client)
    const { size } = await aLayer(client, repositoryName, Buffer.alloc(20 * 1024 * 1024, 7))
    expect(size).toBe(20_971_520)
  })

  const LIMIT = 32 * 1024 * 1024
  it.each([
    ['announced', Buffer.alloc(LIMIT + 1, ' ')],
    ['in chunks', new Blob([Buffer.alloc(LIMIT + 1, ' ')]).stream()],
  ])('beyond 32 MiB is too large, when it comes %s', async (_how, body) => {
    const answer = await post({ body })
    expect(answer.status).toBe(413)
    const message = `The request is larger than ${LIMIT} bytes`
    expect(await answer.json()).toEqual({ __type: 'RequestEntityTooLargeException', message })
    expect((await post()).status).toBe(200)
  })

  it('of an SDK beyond 32 MiB is refused by name', async () => {
    const call = ecr.client().send(new CreateRepositoryCommand({ repositoryName: 'a'.repeat(LIMIT) }))
    await expect(call).rejects.toMatchObject({
      name: 'RequestEntityTooLargeException',
      $metadata: { httpStatusCode: 413 },
    })
  })
})
