import {
  DescribeImagesCommand,
  type ECRClient,
  ListImagesCommand,
  PutImageCommand,
} from '@aws-sdk/client-ecr'
import { beforeAll, describe, expect, it } from 'vitest'
import { DOCKER_CONFIG, DOCKER_MANIFEST, OCI_CONFIG } from '../../src/rules/media-types.ts'
import { anImage, anIndex, aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { allPages } from '../support/pages.ts'

const HELM = 'application/vnd.cncf.helm.config.v1+json'
const OPA = 'application/vnd.cncf.openpolicyagent.config.v1+json'
const SBOM = 'application/spdx+json'
const PATTERN = '\\*|[a-zA-Z0-9][a-zA-Z0-9!#$&^_.+-]*/(\\*|[a-zA-Z0-9][a-zA-Z0-9!#$&^_.+-]*\\*?)'

/** `manifestConfig` is no member of the published model, and the SDK drops it: the raw wire has it. */
describe.each(['DescribeImages', 'ListImages'])('manifestConfig of %s', (operation) => {
  const ecr = emulator()
  let client: ECRClient
  let repositoryName: string
  /** The name of each digest, by which the tests speak of what was chosen. */
  const names = new Map<string, string>()
  beforeAll(async () => {
    client = ecr.client()
    repositoryName = await aRepository(client)
    const put = async (name: string, stored: Promise<{ digest: string }>) => {
      names.set((await stored).digest, name)
      return stored
    }
    const image = anImage(client, repositoryName, { imageTag: 'oci' })
    await put('oci', image)
    await put(
      'docker',
      anImage(client, repositoryName, {
        imageTag: 'docker',
        mediaType: DOCKER_MANIFEST,
        configType: DOCKER_CONFIG,
      }),
    )
    await put('chart', anImage(client, repositoryName, { imageTag: 'chart', configType: HELM }))
    await put('policy', anImage(client, repositoryName, { configType: OPA }))
    await put('sbom', anImage(client, repositoryName, { artifactType: SBOM, configType: HELM }))
    await put('index', anIndex(client, repositoryName, [await image]))
    await put('typed index', anIndex(client, repositoryName, [await image], { artifactType: SBOM }))
  })

  const send = (input: object) => ecr.call(operation, { repositoryName, ...input })
  async function chosen(input: object): Promise<(string | undefined)[]> {
    const { status, body } = await send(input)
    expect(status).toBe(200)
    return (body.imageDetails ?? body.imageIds).map(({ imageDigest }: { imageDigest: string }) =>
      names.get(imageDigest),
    )
  }

  it.each([
    ['Member must have length greater than or equal to 1', []],
    ['Member must have length less than or equal to 100', Array(101).fill('*')],
    ...[
      '',
      'application',
      '/json',
      'application/',
      'app*/json',
      'a/*b',
      'a/b/c',
      '**',
      '*/*',
      `${SBOM};v=1`,
    ].map((type): [string, string[]] => [
      type === ''
        ? 'Member must satisfy constraint: [Member must have length greater than or equal to 1]'
        : `Member must satisfy constraint: [Member must satisfy regular expression pattern: ${PATTERN}]`,
      [HELM, type],
    ]),
    [
      'Member must satisfy constraint: [Member must have length less than or equal to 255]',
      [`application/${'a'.repeat(244)}`],
    ],
  ])('%s: %j', async (constraint, manifestConfig) => {
    const { status, body } = await send({ manifestConfig })
    const message = `Invalid parameter at 'manifestConfig' failed to satisfy constraint: '${constraint}'`
    expect({ status, body }).toEqual({ status: 400, body: { __type: 'InvalidParameterException', message } })
  })

  it.each([
    ['an exact type', [HELM], ['chart']],
    ['the image types', [OCI_CONFIG, DOCKER_CONFIG], ['oci', 'docker']],
    ['an artifactType before the type of a config, and of an index', [SBOM], ['sbom', 'typed index']],
    ['a prefix', ['application/vnd.cncf.*'], ['chart', 'policy']],
    ['a prefix that is a whole type', [`${HELM}*`], ['chart']],
    ['a prefix or an exact type', ['application/vnd.cncf.helm.*', SBOM], ['chart', 'sbom', 'typed index']],
    ['a family', ['application/*'], ['oci', 'docker', 'chart', 'policy', 'sbom', 'typed index']],
    [
      'anything, whatever else is said',
      [HELM, '*'],
      ['oci', 'docker', 'chart', 'policy', 'sbom', 'index', 'typed index'],
    ],
    ['a type in another case', [HELM.toUpperCase()], []],
    ['a type that nothing has', ['text/plain'], []],
    ['no wildcards of SQL', ['application/vnd_cncf*', 'application/spdx_json'], []],
    ['100 types', [...Array(99).fill('text/plain'), OPA], ['policy']],
  ])('chooses by %s', async (_, manifestConfig, expected) => {
    expect(await chosen({ manifestConfig })).toEqual(expected)
  })

  it.each([
    ['TAGGED', ['oci', 'docker', 'chart']],
    ['UNTAGGED', ['policy', 'sbom', 'typed index']],
  ])('goes together with tagStatus %s', async (tagStatus, expected) => {
    expect(await chosen({ manifestConfig: ['application/*'], filter: { tagStatus } })).toEqual(expected)
  })

  it('pages through what it chooses, with tokens bound to it', async () => {
    const manifestConfig = ['application/vnd.cncf.*', SBOM]
    const pages = await allPages(async (nextToken) => {
      const { body } = await send({ manifestConfig, maxResults: 1, nextToken })
      return { items: body.imageDetails ?? body.imageIds, nextToken: body.nextToken }
    })
    const digests = pages.map(([item]) => names.get((item as { imageDigest: string }).imageDigest))
    expect(digests).toEqual(['chart', 'policy', 'sbom', 'typed index'])

    const { body } = await send({ manifestConfig, maxResults: 1 })
    const other = await send({ manifestConfig: [SBOM], maxResults: 1, nextToken: body.nextToken })
    expect(other.body.message).toContain('Invalid nextToken')
  })

  // The README's: before Content-Length is computed.
  it('is sent by an SDK with a middleware', async () => {
    const withFilter = ecr.client()
    withFilter.middlewareStack.add(
      (next) => (args) => {
        const request = args.request as { body: Uint8Array }
        const input = JSON.parse(new TextDecoder().decode(request.body))
        request.body = Buffer.from(JSON.stringify({ ...input, manifestConfig: [HELM] }))
        return next(args)
      },
      { step: 'build', priority: 'high' },
    )
    const answer =
      operation === 'ListImages'
        ? (await withFilter.send(new ListImagesCommand({ repositoryName }))).imageIds
        : (await withFilter.send(new DescribeImagesCommand({ repositoryName }))).imageDetails
    expect(answer?.map(({ imageDigest }) => names.get(imageDigest ?? ''))).toEqual(['chart'])
  })

  it('follows what is pushed later', async () => {
    repositoryName = await aRepository(client)
    expect(await chosen({ manifestConfig: [HELM] })).toEqual([])
    const { digest, text } = await anImage(client, repositoryName, { configType: HELM })
    names.set(digest, 'new chart')
    expect(await chosen({ manifestConfig: [HELM] })).toEqual(['new chart'])
    await client.send(new PutImageCommand({ repositoryName, imageManifest: text, imageTag: 'v1' }))
    expect(await chosen({ manifestConfig: [HELM], filter: { tagStatus: 'TAGGED' } })).toEqual(['new chart'])
  })
})
