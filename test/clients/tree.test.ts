import { type ECRClient, PutImageCommand } from '@aws-sdk/client-ecr'
import { beforeAll, describe, expect } from 'vitest'
import { DOCKER_MANIFEST, DOCKER_MANIFEST_LIST } from '../../src/rules/media-types.ts'
import { clientTest } from '../support/clients.ts'
import { anImage, anIndex, aRepository, type Descriptor, sha256 } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import type { User } from '../support/user.ts'

const BUNDLE_TYPE = 'application/vnd.cncf.openpolicyagent.config.v1+json'
const IMAGE = ['application/vnd.oci.image.config.v1+json', '1 layer, 96 B']

/** A digest as the tree names it. */
const short = ({ digest }: Descriptor): string => digest.slice(0, 'sha256:'.length + 12)

/** The lines of a tree, each as its columns; the first holds the branches and the name. */
async function treeOf(user: User, target: string): Promise<string[][]> {
  const drawn = await user.sh(`ecr-local tree ${target}`)
  return drawn.split('\n').map((line) => {
    const [, branch = '', rest = ''] = /^([ │├└─]*)(.*)$/.exec(line) ?? []
    const [name = '', ...details] = rest.split(/ {2,}/)
    return [`${branch}${name}`, ...details]
  })
}

describe.concurrent('tree', { timeout: 60_000 }, () => {
  const ecr = emulator()
  const it = clientTest([], ecr)
  let client: ECRClient
  beforeAll(() => {
    client = ecr.client()
  })

  it.for([
    ['no target', '', 'tree takes one REPOSITORY[:TAG|@DIGEST]'],
    ['two targets', 'one two', 'tree takes one REPOSITORY[:TAG|@DIGEST]'],
    ['an unknown option', 'one --ful', "Unknown option '--ful'. See ecr-local tree --help"],
    [
      'an endpoint without a scheme',
      'one --endpoint-url localhost:3270',
      'An endpoint is a URL such as http://localhost:3270, not "localhost:3270"',
    ],
  ])('refuses %s', async ([, args, message], { user }) => {
    const { exitCode, stderr } = await user.failing(`ecr-local tree ${args}`)
    expect(exitCode).toBe(2)
    expect(stderr).toContain(`ecr-local: ${message}`)
  })

  it('shows what would steer the terminal', async ({ user }) => {
    const name = await aRepository(client)
    await anImage(client, name, { imageTag: 'v1', artifactType: 'a/\u001b[2J\u202eb\r\n' })
    expect(await treeOf(user, `${name}:v1`)).toEqual([
      [`${name}:v1`, 'a/\\u001b[2J\\u202eb\\u000d\\u000a', '1 layer, 96 B'],
    ])
  })

  it('says that a repository or an image is missing', async ({ user }) => {
    const name = await aRepository(client)
    const inTheRegistry = `repository with name '${name}' in the registry with id '000000000000'`
    for (const [target, message] of [
      [
        'nowhere',
        `The repository with name 'nowhere' does not exist in the registry with id '000000000000' in eu-west-1 at ${ecr.server.url}; AWS_REGION and AWS_ACCESS_KEY_ID name another registry`,
      ],
      [
        `${name}:v1`,
        `The image with imageId {imageDigest:'null', imageTag:'v1'} does not exist within the ${inTheRegistry}`,
      ],
    ])
      expect(await user.failing(`ecr-local tree ${target}`)).toEqual({
        exitCode: 1,
        stderr: `ecr-local: ${message}`,
      })
  })

  it('says that no server answers', async ({ user }) => {
    const url = 'http://127.0.0.1:1'
    expect(await user.failing(`ecr-local tree any --endpoint-url ${url}`)).toEqual({
      exitCode: 1,
      stderr: `ecr-local: nothing answers at ${url}; start a server with ecr-local serve, or name one with --endpoint-url`,
    })
  })

  it('draws indexes of indexes in aligned columns', async ({ user }) => {
    const name = await aRepository(client)
    const bundle = await anImage(client, name, { configType: BUNDLE_TYPE })
    const inner = await anIndex(client, name, [bundle])
    await anIndex(client, name, [inner], { imageTag: 'outer' })
    const width = Math.max(`${name}:outer`.length, 6 + short(bundle).length)
    expect(await user.sh(`ecr-local tree ${name}:outer`)).toBe(
      [
        `${`${name}:outer`.padEnd(width)}   index`,
        `${`└─ ${short(inner)}`.padEnd(width)}   index`,
        `${`   └─ ${short(bundle)}`.padEnd(width)}   ${BUNDLE_TYPE}   1 layer, 96 B`,
      ].join('\n'),
    )
  })

  it('takes a digest, a whole URI and --full', async ({ user }) => {
    const name = await aRepository(client)
    const image = await anImage(client, name)
    const index = await anIndex(client, name, [image], { imageTag: 'v1' })
    expect(await treeOf(user, `${name}@${index.digest}`)).toEqual([
      [`${name}@${index.digest}`, 'index'],
      [`└─ ${short(image)}`, ...IMAGE],
    ])
    expect(await treeOf(user, `--full oci://$REGISTRY/${name}:v1`)).toEqual([
      [`oci://${ecr.server.registry}/${name}:v1`, 'index'],
      [`└─ ${image.digest}`, ...IMAGE],
    ])
  })

  it('tells platforms, artifact types of indexes, and Docker lists', async ({ user }) => {
    const name = await aRepository(client)
    const image = await anImage(client, name, { mediaType: DOCKER_MANIFEST })
    const platform = { os: 'linux', architecture: 'arm', variant: 'v7' }
    const { mediaType, digest, size } = image
    const list = {
      schemaVersion: 2,
      mediaType: DOCKER_MANIFEST_LIST,
      manifests: [{ mediaType, digest, size, platform }],
    }
    const imageManifest = JSON.stringify(list)
    await client.send(new PutImageCommand({ repositoryName: name, imageManifest }))
    const child = {
      mediaType: DOCKER_MANIFEST_LIST,
      digest: sha256(imageManifest),
      size: imageManifest.length,
    }
    await anIndex(client, name, [child], { imageTag: 'v1', artifactType: 'application/vnd.example.set' })
    expect(await treeOf(user, `${name}:v1`)).toEqual([
      [`${name}:v1`, 'index of application/vnd.example.set'],
      [`└─ ${short(child)}`, 'index'],
      [`   └─ ${short(image)}`, ...IMAGE, 'linux/arm/v7'],
    ])
  })

  it('draws what refers to a manifest below it, and what refers to that', async ({ user }) => {
    const name = await aRepository(client)
    const image = await anImage(client, name, { imageTag: 'v1' })
    const sbom = await anImage(client, name, {
      subject: image,
      artifactType: 'application/vnd.example.sbom',
    })
    const signature = await anImage(client, name, {
      subject: sbom,
      artifactType: 'application/vnd.example.signature',
    })
    expect(await treeOf(user, `${name}:v1`)).toEqual([
      [`${name}:v1`, ...IMAGE],
      [`└─ ${short(sbom)} (referrer)`, 'application/vnd.example.sbom', '1 layer, 96 B'],
      [`   └─ ${short(signature)} (referrer)`, 'application/vnd.example.signature', '1 layer, 96 B'],
    ])
  })

  it('draws every referrer of many', async ({ user }) => {
    const name = await aRepository(client)
    const image = await anImage(client, name, { imageTag: 'v1' })
    const { text } = await anImage(client, name, { subject: image })
    for (let number = 0; number < 55; number += 1) {
      const imageManifest = JSON.stringify({ ...JSON.parse(text), annotations: { number: `${number}` } })
      await client.send(new PutImageCommand({ repositoryName: name, imageManifest }))
    }
    expect(await treeOf(user, `${name}:v1`)).toHaveLength(1 + 56)
  })

  it('draws every tree of a repository, in the order of first push', async ({ user }) => {
    const name = await aRepository(client)
    expect(await user.sh(`ecr-local tree ${name}`)).toBe('')
    const untagged = await anImage(client, name)
    const held = await anImage(client, name)
    const tagged = await anImage(client, name, { imageTag: 'tagged' })
    await anIndex(client, name, [held, tagged], { imageTag: 'index' })
    const referrer = await anImage(client, name, { subject: untagged })
    expect(await treeOf(user, name)).toEqual([
      [`${name}@${short(untagged)}`, ...IMAGE],
      [`└─ ${short(referrer)} (referrer)`, ...IMAGE],
      [`${name}:tagged`, ...IMAGE],
      [`${name}:index`, 'index'],
      [`├─ ${short(held)}`, ...IMAGE],
      [`└─ ${short(tagged)}`, ...IMAGE],
    ])
  })

  it('draws shared children once whole, however many ways lead to them', async ({ user }) => {
    const name = await aRepository(client)
    const image = await anImage(client, name)
    let index = await anIndex(client, name, [image])
    // Two ways at each level: 2^40 ways to the image.
    for (let level = 1; level < 40; level += 1) index = await anIndex(client, name, [index, index])
    const lines = await treeOf(user, `${name}@${index.digest}`)
    expect(lines).toHaveLength(40 + 1 + 39)
    expect(lines.filter(([, , note]) => note === '(drawn above)')).toHaveLength(39)
  })

  it('draws a chain of many indexes, also to a reader that stops early', async ({ user }) => {
    const name = await aRepository(client)
    const image = await anImage(client, name)
    let index = await anIndex(client, name, [image])
    // More than a pipe holds, as each line is indented by its level.
    for (let level = 1; level < 250; level += 1) index = await anIndex(client, name, [index])
    const target = `${name}@${index.digest}`
    const lines = (await user.sh(`ecr-local tree ${target}`)).split('\n')
    expect(lines).toHaveLength(251)
    expect(lines.at(-1)?.trimStart()).toBe(`└─ ${short(image)}   ${IMAGE.join('   ')}`)

    expect(await user.sh(`ecr-local tree ${target} | head -n 1`)).toContain(target)
  })
})
