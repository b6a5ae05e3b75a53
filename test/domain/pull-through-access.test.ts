import {
  BatchGetImageCommand,
  type ECRClient,
  PutRegistryPolicyCommand,
  SetRepositoryPolicyCommand,
} from '@aws-sdk/client-ecr'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { MANIFEST_UNKNOWN, nameUnknown, toldBy } from '../support/oci-errors.ts'
import { DEFAULT_ACCOUNT, repositoryNotFound } from '../support/refusals.ts'
import { registryClient } from '../support/registry.ts'
import { aTemplate, TAGS } from '../support/templates.ts'
import { aRule, OPEN_UPSTREAM, playedImage, playedRegistry, routing } from '../support/upstream.ts'

const OTHER_ACCOUNT = '222233334444'
const PULL = ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer']

describe('who may pull through the cache', async () => {
  const played = await playedRegistry()
  const ecr = emulator({ upstream: [`${OPEN_UPSTREAM}=${played.url}`] })
  const stranger = registryClient(ecr, { accessKeyId: OTHER_ACCOUNT })
  let [owner, other] = [] as unknown as [ECRClient, ECRClient]
  beforeAll(() => {
    owner = ecr.client()
    other = ecr.client({ accessKeyId: OTHER_ACCOUNT })
  })
  afterEach(() => ecr.server.reset())

  /** The name of an image that the upstream has, by a rule of the default account. */
  async function anUpstreamImage() {
    const image = playedImage('app')
    played.play(routing(image.routes))
    return { ...image, name: `${await aRule(owner)}/app` }
  }
  const statement = (Effect: string, Action: string[]) => ({
    Sid: Effect,
    Effect,
    Principal: { AWS: `arn:aws:iam::${Effect === 'Deny' ? DEFAULT_ACCOUNT : OTHER_ACCOUNT}:root` },
    Action,
  })
  const policyText = (...statements: object[]) =>
    JSON.stringify({ Version: '2012-10-17', Statement: statements })
  const Resource = `arn:aws:ecr:eu-west-1:${DEFAULT_ACCOUNT}:repository/*`
  const setRegistryPolicy = (Effect: string, actions: string[]) =>
    owner.send(
      new PutRegistryPolicyCommand({ policyText: policyText({ ...statement(Effect, actions), Resource }) }),
    )

  const pull = (by: ECRClient, repositoryName: string) =>
    by.send(
      new BatchGetImageCommand({
        registryId: DEFAULT_ACCOUNT,
        repositoryName,
        imageIds: [{ imageTag: 'v1' }],
      }),
    )
  const getManifest = (name: string) =>
    stranger.send(`/v2/${name}/manifests/v1?ns=${DEFAULT_ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com`)

  it('lets another account fetch and make repositories that the registry policy says may', async () => {
    const { name, text } = await anUpstreamImage()
    await setRegistryPolicy('Allow', [...PULL, 'ecr:BatchImportUpstreamImage', 'ecr:CreateRepository'])
    const { images = [] } = await pull(other, name)
    expect(images[0]?.imageManifest).toBe(text)
    expect(await (await getManifest(name)).text()).toBe(text)
  })

  it('knows no repository for who may not make one', async () => {
    const { name } = await anUpstreamImage()
    await setRegistryPolicy('Allow', [...PULL, 'ecr:BatchImportUpstreamImage'])
    await expect(pull(other, name)).rejects.toMatchObject(repositoryNotFound(name))
    expect(await toldBy(getManifest(name))).toEqual(nameUnknown(name))
    expect(played.requests).toEqual([])
  })

  it('knows no repository for who may not give it the tags of its template', async () => {
    const { name, text } = await anUpstreamImage()
    await aTemplate(owner, { prefix: 'ROOT', appliedFor: ['PULL_THROUGH_CACHE'], resourceTags: TAGS })
    const actions = [...PULL, 'ecr:BatchImportUpstreamImage', 'ecr:CreateRepository']
    await setRegistryPolicy('Allow', actions)
    await expect(pull(other, name)).rejects.toMatchObject(repositoryNotFound(name))
    expect(played.requests).toEqual([])

    await setRegistryPolicy('Allow', [...actions, 'ecr:TagResource'])
    expect((await pull(other, name)).images?.[0]?.imageManifest).toBe(text)
  })

  it('knows no image for who may not fetch it, and the image that another has fetched', async () => {
    const { name, text } = await anUpstreamImage()
    await aRepository(owner, { repositoryName: name })
    const command = { repositoryName: name, policyText: policyText(statement('Allow', PULL)) }
    await owner.send(new SetRepositoryPolicyCommand(command))
    expect(await pull(other, name)).toMatchObject({ failures: [{ failureCode: 'ImageNotFound' }] })
    expect(await toldBy(getManifest(name))).toEqual(MANIFEST_UNKNOWN)
    expect(played.requests).toEqual([])

    await pull(owner, name)
    expect((await pull(other, name)).images?.[0]?.imageManifest).toBe(text)
  })

  it('binds the owner too by what is denied', async () => {
    const { name } = await anUpstreamImage()
    await setRegistryPolicy('Deny', ['ecr:BatchImportUpstreamImage'])
    await expect(pull(owner, name)).rejects.toMatchObject(repositoryNotFound(name))
    expect(played.requests).toEqual([])
  })
})
