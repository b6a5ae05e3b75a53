import { setTimeout as sleep } from 'node:timers/promises'
import { DescribeRegistryCommand } from '@aws-sdk/client-ecr'
import { beforeEach, describe, expect, it } from 'vitest'
import { startServer } from '../../src/index.ts'
import { sha256 } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { PLANTED } from '../support/errors-reached.ts'
import { toldBy } from '../support/oci-errors.ts'
import { operate } from '../support/operator.ts'
import { plainClient } from '../support/plain-client.ts'
import { registryClient } from '../support/registry.ts'

const message = PLANTED

describe('/_ecr-local/faults', () => {
  const ecr = emulator()
  beforeEach(() => ecr.server.reset())

  const plant = (body: unknown) => operate(ecr, 'PUT', 'faults', body)
  const planted = async () => (await operate(ecr, 'GET', 'faults')).body
  const typesOf = async (calls: number) => {
    const types = []
    for (let call = 0; call < calls; call += 1)
      types.push((await ecr.call('DescribeRegistry', {})).body.__type ?? 'none')
    return types
  }

  it.each([
    [[{ operation: 'MakeTea', error: 'ServerException' }], 'ECR has no operation "MakeTea"'],
    [[{ operation: 'constructor', error: 'ServerException' }], 'ECR has no operation "constructor"'],
    [
      [{ operation: 'DescribeRegistry', error: 'ImageNotFoundException' }],
      'DescribeRegistry never answers "ImageNotFoundException"; it may answer ServerException, InvalidParameterException, ValidationException, ThrottlingException, AccessDeniedException',
    ],
    [[{ error: 'ServerException' }], '✖ A fault has either an operation or a route\n  → at [0]'],
    [
      [{ operation: 'DescribeRegistry', route: 'blob', error: 'ServerException' }],
      '✖ A fault has either an operation or a route\n  → at [0]',
    ],
    [
      [{ operation: 'DescribeRegistry', times: 1 }],
      '✖ A fault has an error, delayMilliseconds or cut\n  → at [0]',
    ],
    [
      [{ route: 'blob', error: 'DENIED', cut: true }],
      '✖ A connection that is cut brings no error\n  → at [0]',
    ],
    [
      [{ route: 'blob', cut: true, status: 503 }],
      '✖ message, members, status and retryAfterSeconds are of an error\n  → at [0]',
    ],
    [[{ route: 'blob', error: 'DENIED', members: {} }], '✖ members are of an operation\n  → at [0]'],
    [
      [{ operation: 'DescribeRegistry', error: 'ServerException', status: 503 }],
      '✖ method, status and retryAfterSeconds are of a route\n  → at [0]',
    ],
    [
      [{ operation: 'DescribeRegistry', delayMilliseconds: 50_001 }],
      '✖ Too big: expected number to be <=50000\n  → at [0].delayMilliseconds',
    ],
    [
      [{ route: 'blobs', error: 'DENIED' }],
      'The registry has no route "blobs"; it has any, base, catalog, tags, manifest, blob, uploads, upload, referrers',
    ],
    [
      [{ route: 'blob', error: 'ServerException' }],
      'The registry never answers "ServerException"; it may answer BLOB_UNKNOWN, BLOB_UPLOAD_INVALID, BLOB_UPLOAD_UNKNOWN, DENIED, DIGEST_INVALID, MANIFEST_BLOB_UNKNOWN, MANIFEST_INVALID, MANIFEST_UNKNOWN, NAME_INVALID, NAME_UNKNOWN, RANGE_INVALID, SIZE_INVALID, TAG_INVALID, TOOMANYREQUESTS, UNAUTHORIZED, UNKNOWN, UNSUPPORTED',
    ],
    [
      [{ operation: 'DescribeRegistry', error: 'ServerException', times: 0 }],
      '✖ Too small: expected number to be >=1\n  → at [0].times',
    ],
    [
      [{ operation: 'DescribeRegistry', error: 'ServerException', often: 1 }],
      '✖ Unrecognized key: "often"\n  → at [0]',
    ],
    [
      { operation: 'DescribeRegistry', error: 'ServerException' },
      '✖ Invalid input: expected array, received object',
    ],
    [undefined, '✖ Invalid input: expected array, received object'],
  ])('refuses %j, and keeps what was planted', async (body, error) => {
    const kept = [{ operation: 'DescribeRegistry', error: 'ServerException', message }]
    await plant(kept)
    expect(await plant(body)).toEqual({ status: 400, body: { error } })
    expect(await planted()).toEqual(kept)
  })

  it('are answered as often as they say, one after the other, and listed with what is left', async () => {
    const faults = [
      { operation: 'DescribeRegistry', error: 'ServerException', message, times: 2 },
      { operation: 'DescribeRegistry', error: 'ThrottlingException', message, times: 1 },
      { operation: 'ListImages', error: 'ServerException', message, times: 1 },
    ]
    expect(await plant(faults)).toEqual({ status: 200, body: faults })
    expect(await typesOf(1)).toEqual(['ServerException'])
    expect(await planted()).toEqual([{ ...faults[0], times: 1 }, faults[1], faults[2]])
    expect(await typesOf(3)).toEqual(['ServerException', 'ThrottlingException', 'none'])
    expect(await planted()).toEqual([faults[2]])
  })

  it('last until they are replaced when they do not say how often', async () => {
    const fault = { operation: 'DescribeRegistry', error: 'ThrottlingException', message }
    await plant([fault])
    expect(await typesOf(3)).toEqual(Array(3).fill('ThrottlingException'))
    expect(await planted()).toEqual([fault])
    await plant([])
    expect(await typesOf(1)).toEqual(['none'])
  })

  it.each([
    ['ServerException', 500],
    ['ThrottlingException', 400],
    ['AccessDeniedException', 400],
    ['ValidationException', 400],
  ])('reach the SDK as %s with status %s', async (name, httpStatusCode) => {
    await plant([{ operation: 'DescribeRegistry', error: name, message }])
    const call = ecr.client().send(new DescribeRegistryCommand({}))
    await expect(call).rejects.toMatchObject({ name, message, $metadata: { httpStatusCode } })
  })

  it('do not replace the check of the input', async () => {
    await plant([{ operation: 'ListImages', error: 'ServerException', message }])
    expect((await ecr.call('ListImages', {})).body.__type).toBe('InvalidParameterException')
  })

  it('are planted by the library too, and forgotten at a reset', async () => {
    const fault = { operation: 'DescribeRegistry', error: 'ThrottlingException' }
    expect(await ecr.server.faults([fault])).toEqual([fault])
    expect(await ecr.call('DescribeRegistry', {})).toMatchObject({ body: { message: 'Rate exceeded' } })
    await expect(ecr.server.faults([{ operation: 'DescribeRegistry' }])).rejects.toThrow(
      'A fault has an error',
    )
    expect(await planted()).toEqual([fault])
    await ecr.server.reset()
    expect(await ecr.server.faults()).toEqual([])
  })

  it('delay an operation, and cut its connection before anything is done', async () => {
    await plant([
      { operation: 'CreateRepository', delayMilliseconds: 120, times: 1 },
      { operation: 'CreateRepository', delayMilliseconds: 120, error: 'ServerException', times: 1 },
      { operation: 'CreateRepository', cut: true, times: 1 },
    ])
    const create = () => ecr.call('CreateRepository', { repositoryName: 'delayed' })
    expect(await timed(create)).toMatchObject({ answer: { status: 200 }, isLate: true })
    expect(await timed(create)).toMatchObject({ answer: { status: 500 }, isLate: true })
    await expect(ecr.call('CreateRepository', { repositoryName: 'never' })).rejects.toThrow('fetch failed')
    const { repositories } = (await ecr.call('DescribeRepositories', {})).body
    expect(repositories).toMatchObject([{ repositoryName: 'delayed' }])
    expect(await planted()).toEqual([])
  })

  it('do nothing for who hangs up in the delay', async () => {
    await plant([{ operation: 'CreateRepository', delayMilliseconds: 200, times: 1 }])
    const hasty = fetch(ecr.server.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'AmazonEC2ContainerRegistry_V20150921.CreateRepository',
      },
      body: JSON.stringify({ repositoryName: 'hasty' }),
      signal: AbortSignal.timeout(50),
    })
    await expect(hasty).rejects.toThrow('timeout')
    await sleep(250)
    expect((await ecr.call('DescribeRepositories', {})).body).toEqual({ repositories: [] })
  })

  it('do not keep a server from closing', async () => {
    const server = await startServer()
    const { call, send } = await plainClient(server.url)
    await server.faults([
      { route: 'any', delayMilliseconds: 50_000 },
      { operation: 'DescribeRegistry', delayMilliseconds: 50_000 },
    ])
    const ended = [send('GET', '/v2/'), call('DescribeRegistry', {})].map((waiting) =>
      expect(waiting).rejects.toThrow('fetch failed'),
    )
    await sleep(50)
    const { isLate } = await timed(() => server.close(), 2000)
    expect(isLate).toBe(false)
    await Promise.all(ended)
  })

  describe('at the registry door', () => {
    const send = (method: string, path: string) => registryClient(ecr).send(`/v2/${path}`, { method })

    it.each([
      [{ error: 'TOOMANYREQUESTS' }, 429, 'TOOMANYREQUESTS', 'Rate exceeded', null],
      [{ error: 'TOOMANYREQUESTS', retryAfterSeconds: 7 }, 429, 'TOOMANYREQUESTS', 'Rate exceeded', '7'],
      [{ error: 'UNKNOWN' }, 500, 'UNKNOWN', 'A planted fault', null],
      [{ error: 'UNKNOWN', status: 503, retryAfterSeconds: 0, message }, 503, 'UNKNOWN', message, '0'],
      [{ error: 'DENIED', message }, 403, 'DENIED', message, null],
      [{ error: 'MANIFEST_UNKNOWN', message }, 404, 'MANIFEST_UNKNOWN', message, null],
    ])('answer %j', async (fault, status, code, text, retryAfter) => {
      await plant([{ route: 'manifest', ...fault, times: 2 }])
      const answer = await send('GET', 'aa/manifests/1')
      expect(answer.headers.get('retry-after')).toBe(retryAfter)
      expect(await toldBy(answer)).toEqual({ status, code, message: text })
      const head = await send('HEAD', 'aa/manifests/1')
      expect([head.status, await head.text()]).toEqual([status, ''])
      expect(await planted()).toEqual([])
    })

    it('challenge as ever with an UNAUTHORIZED', async () => {
      await plant([{ route: 'base', error: 'UNAUTHORIZED', message: 'Not Authorized', times: 1 }])
      const planted = await send('GET', '')
      const anonymous = await fetch(`${ecr.server.url}/v2/`)
      expect(planted.headers.get('www-authenticate')).toBe(anonymous.headers.get('www-authenticate'))
      expect(await toldBy(planted)).toEqual(await toldBy(anonymous))
    })

    it.each([
      ['base', 'GET', ''],
      ['catalog', 'GET', '_catalog'],
      ['tags', 'GET', 'aa/tags/list'],
      ['manifest', 'PUT', 'aa/manifests/1'],
      ['blob', 'HEAD', `aa/blobs/sha256:${'0'.repeat(64)}`],
      ['uploads', 'POST', 'aa/blobs/uploads/'],
      ['upload', 'PATCH', 'aa/blobs/uploads/u'],
      ['referrers', 'GET', `aa/referrers/sha256:${'0'.repeat(64)}`],
    ])('meet the route %s alone, by the method if they name one', async (route, method, path) => {
      const fault = { error: 'UNKNOWN', status: 599 }
      const other = { route: route === 'base' ? 'blob' : 'base', ...fault }
      await plant([other, { route, method: 'DELETE', ...fault }, { route, method, ...fault }])
      expect((await send(method, path)).status).toBe(599)
      await plant([other, { route, method: 'DELETE', ...fault }])
      expect((await send(method, path)).status).not.toBe(599)
      await plant([{ route, ...fault }])
      expect((await send(method, path)).status).toBe(599)
      await plant([{ route: 'any', ...fault }])
      expect((await send(method, path)).status).toBe(599)
    })

    it('leave alone who is not logged in, and count nothing then', async () => {
      const faults = [{ route: 'any', error: 'UNKNOWN', times: 1 }]
      await plant(faults)
      expect((await fetch(`${ecr.server.url}/v2/`)).status).toBe(401)
      expect(await planted()).toEqual(faults)
    })

    it('delay an answer, and cut a push before anything is done', async () => {
      const client = registryClient(ecr)
      await ecr.call('CreateRepository', { repositoryName: 'slow' })
      await plant([{ route: 'uploads', delayMilliseconds: 120, times: 1 }])
      const { isLate, answer: location } = await timed(() => client.beginUpload('slow'))
      expect(isLate).toBe(true)

      await plant([{ route: 'upload', method: 'PUT', cut: true, times: 1 }])
      const body = Buffer.from('blob')
      location.searchParams.set('digest', sha256(body))
      const put = () => client.send(`${location}`, { method: 'PUT', body })
      await expect(put()).rejects.toThrow('fetch failed')
      expect((await put()).status).toBe(201)
    })
  })
})

/** Runs something, and tells whether it took as long as a delay of these tests. */
async function timed<Answer>(run: () => Promise<Answer>, lateMilliseconds = 100) {
  const startedAt = performance.now()
  const answer = await run()
  return { answer, isLate: performance.now() - startedAt >= lateMilliseconds }
}
