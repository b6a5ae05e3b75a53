import { describe, expect, it } from 'vitest'
import {
  DOCKER_CONFIG,
  DOCKER_MANIFEST,
  DOCKER_MANIFEST_LIST,
  DOCKER_MANIFEST_V1,
  DOCKER_MANIFEST_V1_SIGNED,
  OCI_INDEX,
  OCI_MANIFEST,
} from '../../src/rules/media-types.ts'
import { type Descriptor, indexText, manifestText, OCI_LAYER, sha256 } from '../support/content.ts'
import {
  blobUnknown,
  explicitlyDenied,
  MANIFEST_UNKNOWN,
  nameUnknown,
  type OciRefusal,
  ociRefusal,
  toldBy,
  uploadUnknown,
} from '../support/oci-errors.ts'
import { policyText } from '../support/policies.ts'
import { DEFAULT_ACCOUNT, repositoryArnOf } from '../support/refusals.ts'
import { jsonOf } from '../support/registry.ts'
import { bothWires, type Side } from '../support/wires.ts'

/*
 * Where ECR and distribution-spec agree, both wires answer alike; where they do not: wire-ecr.test.ts.
 */

const ABSENT = `sha256:${'0'.repeat(64)}`
const { onBoth } = bothWires()

/** What both answer, which must be one thing. */
async function alike<Result>(ask: (side: Side) => Promise<Result>): Promise<Result> {
  const { ecr, spec } = await onBoth(ask)
  expect(ecr).toEqual(spec)
  return ecr
}

/** A refusal without the name of the repository in it. */
async function refusalOf({ name }: Side, answer: Promise<Response>): Promise<OciRefusal> {
  const { message, ...others } = await toldBy(answer)
  return { ...others, message: message.replaceAll(name, 'aa') }
}

const inAa = `repository with name 'aa' in the registry with id '${DEFAULT_ACCOUNT}'`
const absentLayer = { mediaType: OCI_LAYER, digest: ABSENT, size: 1 }

describe('a refusal', () => {
  it.each<[what: string, ask: (side: Side) => Promise<Response>, OciRefusal]>([
    ['a missing repository', ({ send }) => send('/v2/no/such/tags/list'), nameUnknown('no/such')],
    ['a missing image', ({ send, name }) => send(`/v2/${name}/manifests/latest`), MANIFEST_UNKNOWN],
    ['a missing blob', ({ send, name }) => send(`/v2/${name}/blobs/${ABSENT}`), blobUnknown('aa', ABSENT)],
    [
      'an upload that never was',
      ({ send, name }) => send(`/v2/${name}/blobs/uploads/never`, { method: 'PATCH', body: 'bytes' }),
      uploadUnknown('aa', 'never'),
    ],
    [
      'a layer that is missing',
      ({ putManifest, name }) => putManifest(name, 'v1', manifestText(absentLayer, [])),
      ociRefusal(
        404,
        'MANIFEST_BLOB_UNKNOWN',
        `Layers with digests '[${ABSENT}]' required for pushing image into ${inAa} do not exist`,
      ),
    ],
    [
      'a child that is missing',
      ({ putManifest, name }) =>
        putManifest(name, 'v1', indexText([{ ...absentLayer, mediaType: OCI_MANIFEST }]), OCI_INDEX),
      ociRefusal(
        404,
        'MANIFEST_BLOB_UNKNOWN',
        `Images with digests '[${ABSENT}]' required for pushing image into ${inAa} do not exist`,
      ),
    ],
    [
      'a tag that cannot be moved',
      async ({ pushImage, putManifest, server, name }) => {
        await pushImage(name, 'v1')
        const imageTagMutability = 'IMMUTABLE'
        await server.call('PutImageTagMutability', { repositoryName: name, imageTagMutability })
        return putManifest(name, 'v1', indexText([]), OCI_INDEX)
      },
      ociRefusal(
        400,
        'TAG_INVALID',
        "The image tag 'v1' already exists in the 'aa' repository and cannot be overwritten because the tag is immutable.",
      ),
    ],
    [
      'the index that names an image',
      async ({ pushImage, pushIndex, send, name }) => {
        const image = await pushImage(name)
        const { digest } = await pushIndex(name, [image])
        const response = await send(`/v2/${name}/manifests/${image.digest}`, { method: 'DELETE' })
        return new Response((await response.text()).replace(digest, ABSENT), response)
      },
      ociRefusal(405, 'UNSUPPORTED', `Requested image referenced by manifest list: [${ABSENT}]`),
    ],
    [
      'a policy',
      async ({ send, server, name }) => {
        const denied = { Effect: 'Deny', Principal: '*', Action: 'ecr:InitiateLayerUpload' }
        await server.call('SetRepositoryPolicy', { repositoryName: name, policyText: policyText(denied) })
        return send(`/v2/${name}/blobs/uploads/`, { method: 'POST' })
      },
      explicitlyDenied('ecr:InitiateLayerUpload', repositoryArnOf('aa')),
    ],
  ])('for %s has one status, code and text', async (_what, ask, refusal) => {
    expect(await alike((side) => refusalOf(side, ask(side)))).toEqual(refusal)
  })

  it('of a HEAD has no body', async () => {
    const told = await alike(async ({ send, name }) => {
      const response = await send(`/v2/${name}/manifests/latest`, { method: 'HEAD' })
      return [response.status, await response.text()]
    })
    expect(told).toEqual([404, ''])
  })
})

describe('manifests', () => {
  it.each<[mediaType: string, text: (side: Side) => Promise<string>]>([
    [OCI_INDEX, async () => indexText([])],
    [DOCKER_MANIFEST_LIST, async () => indexText([], { mediaType: DOCKER_MANIFEST_LIST })],
    [OCI_MANIFEST, async ({ pushBlob, name }) => manifestText(await pushBlob(name), [])],
    [
      DOCKER_MANIFEST,
      async ({ pushBlob, name }) =>
        manifestText(await pushBlob(name, undefined, DOCKER_CONFIG), [], { mediaType: DOCKER_MANIFEST }),
    ],
    ...[DOCKER_MANIFEST_V1, DOCKER_MANIFEST_V1_SIGNED].map((mediaType): [string, () => Promise<string>] => [
      mediaType,
      async () =>
        JSON.stringify({ schemaVersion: 1, name: 'aa', tag: 'v1', fsLayers: [], history: [], mediaType }),
    ]),
  ])('are taken as %s', async (mediaType, text) => {
    const told = await alike(async (side) => {
      const pushed = await text(side)
      const response = await side.putManifest(side.name, 'v1', pushed, mediaType)
      const { headers } = response
      const isDigest = headers.get('docker-content-digest') === sha256(pushed)
      const isLocation = headers.get('location') === `/v2/${side.name}/manifests/${sha256(pushed)}`
      const pulled = await side.send(`/v2/${side.name}/manifests/v1`)
      const isWhole = (await pulled.text()) === pushed
      return [
        response.status,
        headers.get('content-length'),
        isDigest,
        isLocation,
        isWhole,
        pulled.headers.get('content-type'),
      ]
    })
    expect(told).toEqual([201, '0', true, true, true, mediaType])
  })

  it.each(['tag', 'digest'])('are deleted by %s', async (by) => {
    const statuses = await alike(async ({ pushImage, send, name }) => {
      const { digest } = await pushImage(name, 'v1')
      const path = `/v2/${name}/manifests/${by === 'tag' ? 'v1' : digest}`
      return [(await send(path, { method: 'DELETE' })).status, (await send(path)).status]
    })
    expect(statuses).toEqual([202, 404])
  })
})

describe('uploads', () => {
  it('take a last chunk with a range in the PUT', async () => {
    const told = await alike(async ({ send, beginUpload, name }) => {
      const url = await beginUpload(name)
      const headers = { 'content-range': '0-1' }
      const digest = sha256('{}')
      const response = await send(`${url}?digest=${digest}`, { method: 'PUT', body: '{}', headers })
      const isDigest = response.headers.get('docker-content-digest') === digest
      return [
        response.status,
        isDigest,
        (await send(`/v2/${name}/blobs/${digest}`, { method: 'HEAD' })).status,
      ]
    })
    expect(told).toEqual([201, true, 200])
  })
})

describe('lists', () => {
  it('of a repository without tags are empty', async () => {
    const told = await alike(async ({ send, name }) => (await jsonOf(send(`/v2/${name}/tags/list`))).tags)
    expect(told).toEqual([])
  })

  it('of what refers to nothing that is here are empty, and tell their filter', async () => {
    const told = await alike(async ({ send, name }) => {
      const response = await send(`/v2/${name}/referrers/${ABSENT}?artifactType=a/b`)
      return [
        response.status,
        response.headers.get('oci-filters-applied'),
        (await jsonOf(response)).manifests,
      ]
    })
    expect(told).toEqual([200, 'artifactType', []])
  })

  it('of what refers to an image have its annotations and type', async () => {
    const told = await alike(async ({ pushImage, putManifest, send, name }) => {
      const subject = await pushImage(name)
      const more = { subject, artifactType: 'application/x-sbom', annotations: { made: 'by hand' } }
      await putManifest(name, 'sbom', indexText([], more), OCI_INDEX)
      const { manifests } = await jsonOf(send(`/v2/${name}/referrers/${subject.digest}`))
      return manifests.map(({ digest: _, size: __, ...others }: Descriptor) => others)
    })
    expect(told).toEqual([
      { mediaType: OCI_INDEX, artifactType: 'application/x-sbom', annotations: { made: 'by hand' } },
    ])
  })
})
