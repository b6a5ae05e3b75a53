import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { text } from 'node:stream/consumers'
import fc from 'fast-check'
import { OCI_INDEX, OCI_MANIFEST } from '../../src/rules/media-types.ts'
import { manifestText, OCI_LAYER, sha256 } from './content.ts'
import { plainClient } from './plain-client.ts'

interface Shape {
  readonly type: string
  readonly members?: Record<string, { shape: string }>
  readonly member?: { shape: string }
  readonly enum?: readonly string[]
}

const MODEL = new URL('../../api-models/ecr-2015-09-21.json', import.meta.url)
const { shapes, operations } = JSON.parse(readFileSync(MODEL, 'utf8')) as {
  shapes: Record<string, Shape>
  operations: Record<string, { input: { shape: string } }>
}

const REPOSITORY = 'fuzz/blobs/manifests'
const CONFIG = { mediaType: 'application/vnd.oci.image.config.v1+json', digest: sha256('{}'), size: 2 }
const MANIFEST = manifestText(CONFIG, [])
const DIGESTS = [CONFIG.digest, sha256(MANIFEST), sha256('nowhere')]

const odd = fc.constantFrom(
  ...['', '.', '..', '/', '*', '%00', '%2e%2e%2f', '../../metadata.sqlite', '\0', '\ud800', 'é', '__proto__'],
  ...[
    'sha256:',
    `sha512:${'a'.repeat(128)}`,
    'constructor',
    '-1',
    '1e999',
    'x'.repeat(300),
    '{"',
    '\r\nX: y',
  ],
)
const word = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(REPOSITORY, 'latest', '000000000000', 'eu-west-1', ...DIGESTS) },
  { weight: 1, arbitrary: odd },
)
const number = fc.constantFrom(0, 1, 2, 100, 1000, -1, 1.5, 2 ** 53, 1e308)
const wrong = fc.oneof(odd, number, fc.constantFrom(null, true, {}, [], [null], [[]], { a: { b: [] } }))

/** A value of a shape, mostly of its type. */
function valueFor(name: string): fc.Arbitrary<unknown> {
  const shape = shapes[name]
  const right = (): fc.Arbitrary<unknown> => {
    switch (shape?.type) {
      case 'structure':
        return inputOf(name)
      case 'list':
        return fc.array(valueFor(shape.member?.shape ?? ''), { maxLength: 3 })
      case 'string':
        return shape.enum ? fc.constantFrom(...shape.enum) : fc.oneof(word, fc.constant(MANIFEST))
      case 'boolean':
        return fc.boolean()
      case 'blob':
        return fc.constantFrom('e30=', '', 'no base64!')
      default:
        return number
    }
  }
  return fc.oneof({ weight: 9, arbitrary: right() }, { weight: 1, arbitrary: wrong })
}

function inputOf(name: string): fc.Arbitrary<Record<string, unknown>> {
  const members = Object.entries(shapes[name]?.members ?? {})
  const values = members.map(([member, { shape }]) => [member, valueFor(shape)] as const)
  return fc.record(Object.fromEntries(values), { requiredKeys: [] })
}

interface Fuzzed {
  readonly method: string
  readonly path: string
  readonly headers: Record<string, string>
  readonly body: string
}

const toEcr: fc.Arbitrary<Fuzzed> = fc
  .constantFrom(...Object.keys(operations))
  .chain((operation) => fc.tuple(fc.constant(operation), inputOf(operations[operation]?.input.shape ?? '')))
  .map(([operation, input]) => ({
    method: 'POST',
    path: '/',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `AmazonEC2ContainerRegistry_V20150921.${operation}`,
    },
    body: JSON.stringify({ ...('repositoryName' in input ? {} : { repositoryName: REPOSITORY }), ...input }),
  }))

const toSts: fc.Arbitrary<Fuzzed> = fc
  .array(
    fc.tuple(
      fc.constantFrom(
        'RoleArn',
        'RoleSessionName',
        'DurationSeconds',
        'Tags.member.1.Key',
        'a.b.member.9',
        '.',
      ),
      fc.oneof(word, fc.constantFrom('arn:aws:iam::000000000000:role/x', '900')),
    ),
    { maxLength: 4 },
  )
  .chain((parameters) =>
    fc.constantFrom('AssumeRole', 'GetCallerIdentity', 'GetSessionToken', 'x').map((action) => ({
      method: 'POST',
      path: '/',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `${new URLSearchParams([['Action', action], ['Version', '2011-06-15'], ...parameters])}`,
    })),
  )

const bodies = fc.oneof(
  fc.constantFrom(
    '',
    '{}',
    '{',
    'null',
    '[]',
    MANIFEST,
    `${'['.repeat(20_000)}`,
    '\xff\xfe',
    'x'.repeat(70_000),
  ),
  fc
    .record(
      { config: wrong, layers: wrong, subject: wrong, artifactType: odd, annotations: wrong },
      { requiredKeys: [] },
    )
    .map((extra) => JSON.stringify({ ...JSON.parse(MANIFEST), ...extra })),
)

const toRegistry: fc.Arbitrary<Fuzzed> = fc
  .record({
    method: fc.constantFrom('GET', 'HEAD', 'PUT', 'PATCH', 'POST', 'DELETE', 'OPTIONS', 'PURGE'),
    name: fc.oneof({ weight: 3, arbitrary: fc.constant(REPOSITORY) }, { weight: 1, arbitrary: odd }),
    route: fc.constantFrom(
      'manifests/@',
      'manifests/@',
      'blobs/@',
      'blobs/uploads/',
      'blobs/uploads/@',
      'tags/list',
      'referrers/@',
    ),
    reference: word,
    query: fc.array(
      fc.tuple(fc.constantFrom('digest', 'mount', 'from', 'n', 'last', 'ns', 'artifactType', 'tag'), word),
      { maxLength: 2 },
    ),
    headers: fc.dictionary(
      fc.constantFrom('range', 'content-range', 'content-type', 'accept', 'if-none-match', 'x-amz-target'),
      fc.constantFrom(
        '0-1',
        '5-1',
        'bytes=0-0',
        'bytes=-1',
        'bytes 0-9/*',
        OCI_MANIFEST,
        OCI_INDEX,
        OCI_LAYER,
        '*/*',
        ';',
      ),
      { maxKeys: 2 },
    ),
    body: bodies,
  })
  .map(({ method, name, route, reference, query, headers, body }) => ({
    method,
    path: `/v2/${escaped(name)}/${route.replace('@', escaped(reference))}?${new URLSearchParams(query)}`,
    headers,
    body: method === 'GET' || method === 'HEAD' ? '' : body,
  }))

/** As it stands, but for what the client itself would not send. */
function escaped(part: string): string {
  return Buffer.from(part)
    .toString()
    .replaceAll(/[^\x21-\x7e]|[?#]/g, encodeURIComponent)
}

const anything = fc.oneof(
  { weight: 4, arbitrary: toEcr },
  { weight: 4, arbitrary: toRegistry },
  { weight: 1, arbitrary: toSts },
)

const HANG_MILLISECONDS = 30_000
const AT_A_TIME = 4

export interface FuzzReport {
  /** How many answers had each status. */
  readonly statuses: Readonly<Record<number, number>>
  /** What was answered with a fault of the server, or not at all. */
  readonly failures: readonly string[]
}

/**
 * Sends requests to all doors that are nearly right: made from the model of the API, and from the routes of the
 * registry. The same seed makes the same requests.
 */
export async function fuzz(
  url: string,
  { seed, requests }: { seed: number; requests: number },
): Promise<FuzzReport> {
  const { call, send } = await plainClient(url)
  await call('CreateRepository', { repositoryName: REPOSITORY })
  await send('POST', `/v2/${REPOSITORY}/blobs/uploads/?digest=${CONFIG.digest}`, { body: '{}' })
  const { body } = await call('GetAuthorizationToken', {})
  const authorization = `Basic ${body.authorizationData[0].authorizationToken}`
  const agent = new Agent({ keepAlive: true })

  const statuses: Record<number, number> = {}
  const failures: string[] = []
  const waiting = fc.sample(anything, { seed, numRuns: requests })
  async function work(): Promise<void> {
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const headers = next.path === '/' ? next.headers : { authorization, ...next.headers }
      const status = await answerOf(url, agent, { ...next, headers }).catch((error: Error) => error.message)
      if (typeof status === 'number') statuses[status] = (statuses[status] ?? 0) + 1
      if (typeof status === 'string' || status >= 500)
        failures.push(`${status}: ${JSON.stringify(next).slice(0, 1000)}`)
    }
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, work))
  agent.destroy()
  return { statuses, failures }
}

function answerOf(url: string, agent: Agent, { method, path, headers, body }: Fuzzed): Promise<number> {
  return new Promise((resolve, reject) => {
    const length = Buffer.byteLength(body)
    const sent = request(
      new URL(url),
      { agent, method, path, headers: { ...headers, 'content-length': String(length) } },
      (response) => {
        text(response).then(() => resolve(response.statusCode ?? 0), reject)
      },
    )
    sent.setTimeout(HANG_MILLISECONDS, () => sent.destroy(new Error('no answer')))
    sent.on('error', reject).end(body)
  })
}
