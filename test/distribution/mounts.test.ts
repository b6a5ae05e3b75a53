import { PutAccountSettingCommand, SetRepositoryPolicyCommand } from '@aws-sdk/client-ecr'
import { beforeEach, describe, expect, it } from 'vitest'
import { aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { blobUnknown, denied, nameUnknown, toldBy } from '../support/oci-errors.ts'
import { repositoryArnOf } from '../support/refusals.ts'
import { registryClient } from '../support/registry.ts'

const ABSENT = `sha256:${'0'.repeat(64)}`

describe('POST blobs/uploads/?mount=', () => {
  const ecr = emulator()
  const client = registryClient(ecr)

  const mount = (into: string, query: string) =>
    client.send(`/v2/${into}/blobs/uploads/?${query}`, { method: 'POST' })

  /** A repository with a blob, and an empty one. */
  async function twoRepositories() {
    const from = await aRepository(ecr.client())
    const into = await aRepository(ecr.client())
    return { from, into, ...(await client.pushBlob(from, Buffer.from(`the blob of ${from}`))) }
  }

  it('makes no repository to mount into', async () => {
    const { from, digest } = await twoRepositories()
    expect(await toldBy(mount('no/such', `mount=${digest}&from=${from}`))).toEqual(nameUnknown('no/such'))
  })

  it("does not mount out of another account's registry", async () => {
    const ns = 'ns=111122223333.dkr.ecr.eu-west-1.amazonaws.com'
    const { into, from, digest } = await twoRepositories()
    const arn = repositoryArnOf(into, { accountId: '111122223333' })
    expect(await toldBy(mount(into, `mount=${digest}&from=${from}&${ns}`))).toEqual(
      denied('ecr:InitiateLayerUpload', arn),
    )
  })

  it.each([
    ['as it is', (digest: string, from: string) => `mount=${digest}&from=${from}`],
    ['escaped', (digest: string, from: string) => `mount=${encodeURIComponent(digest)}&from=${from}`],
    ['in another order', (digest: string, from: string) => `from=${from}&mount=${digest}`],
    ['with an origin', (digest: string, from: string) => `mount=${digest}&from=${from}&origin=localhost`],
  ])('makes a blob that of another repository, asked %s', async (_how, query) => {
    const { from, into, digest } = await twoRepositories()
    const response = await mount(into, query(digest, from))
    expect([response.status, await response.text()]).toEqual([201, ''])
    expect(response.headers.get('location')).toBe(`/v2/${into}/blobs/${digest}`)
    expect(response.headers.get('docker-content-digest')).toBe(digest)
    expect(`${await client.getBlob(into, digest)}`).toBe(`the blob of ${from}`)
  })

  it('mounts from a name with slashes, escaped or not', async () => {
    const from = await aRepository(ecr.client(), { repositoryName: 'team/blobs/uploads' })
    const { digest } = await client.pushBlob(from)
    for (const name of [from, encodeURIComponent(from)]) {
      const into = await aRepository(ecr.client())
      expect((await mount(into, `mount=${digest}&from=${name}`)).status).toBe(201)
    }
  })

  it('mounts what the repository has itself', async () => {
    const { from, digest } = await twoRepositories()
    expect((await mount(from, `mount=${digest}&from=${from}`)).status).toBe(201)
  })

  it.each<[string, (digest: string, from: string, into: string) => string]>([
    ['names a repository that is missing', (digest) => `mount=${digest}&from=no/such`],
    ['names what no repository is called', (digest) => `mount=${digest}&from=No..such`],
    ['names one without the blob', (digest, _, into) => `mount=${digest}&from=${into}`],
    ['names a blob that is nowhere', (_, from) => `mount=${ABSENT}&from=${from}`],
    ['names what is no digest', (_, from) => `mount=latest&from=${from}`],
    ['names nothing at all', () => 'mount=&from='],
  ])('opens an upload instead when it %s', async (_what, query) => {
    const { from, into, digest } = await twoRepositories()
    const response = await mount(into, query(digest, from, into))
    expect(response.status).toBe(202)
    expect(response.headers.get('location')).toBe(
      `/v2/${into}/blobs/uploads/${response.headers.get('docker-upload-uuid')}`,
    )
    expect(await toldBy(client.send(`/v2/${into}/blobs/${digest}`))).toEqual(blobUnknown(into, digest))
  })

  it('mounts from whichever repository has the blob when it names none', async () => {
    const { into, digest } = await twoRepositories()
    const response = await mount(into, `mount=${digest}`)
    expect([response.status, response.headers.get('docker-content-digest')]).toEqual([201, digest])
    expect((await client.send(`/v2/${into}/blobs/${digest}`, { method: 'HEAD' })).status).toBe(200)
  })

  it('mounts from none that the caller may not pull from', async () => {
    const { from, into, digest } = await twoRepositories()
    const denied = { Effect: 'Deny', Principal: '*', Action: 'ecr:GetDownloadUrlForLayer' }
    const policyText = JSON.stringify({ Version: '2012-10-17', Statement: [denied] })
    await ecr.client().send(new SetRepositoryPolicyCommand({ repositoryName: from, policyText }))
    expect((await mount(into, `mount=${digest}`)).status).toBe(202)

    const other = await aRepository(ecr.client())
    await client.pushBlob(other, Buffer.from(`the blob of ${from}`))
    expect((await mount(into, `mount=${digest}`)).status).toBe(201)
  })

  it('mounts from no other region', async () => {
    const { digest } = await twoRepositories()
    const elsewhere = { region: 'us-west-2' }
    const into = await aRepository(ecr.client(elsewhere))
    const path = `/v2/${into}/blobs/uploads/?mount=${digest}`
    expect((await registryClient(ecr, elsewhere).send(path, { method: 'POST' })).status).toBe(202)
  })

  it('keeps a mounted blob when its source goes', async () => {
    const { from, into, digest } = await twoRepositories()
    await mount(into, `mount=${digest}&from=${from}`)
    expect((await client.send(`/v2/${from}/blobs/${digest}`, { method: 'DELETE' })).status).toBe(202)
    expect(`${await client.getBlob(into, digest)}`).toBe(`the blob of ${from}`)
  })
})

describe('POST blobs/uploads/?mount= with --wire ecr', () => {
  const ecr = emulator({ wire: 'ecr' })
  const client = registryClient(ecr)
  const KMS = { encryptionConfiguration: { encryptionType: 'KMS' as const } }

  const mounting = (value: 'ENABLED' | 'DISABLED') =>
    ecr.client().send(new PutAccountSettingCommand({ name: 'BLOB_MOUNTING', value }))
  beforeEach(() => mounting('ENABLED'))

  /** Mounts the layer of an image, or another blob, of one repository into one more. */
  async function mount(options: { from?: object; into?: object; digest?: string } = {}) {
    const from = await aRepository(ecr.client(), options.from)
    const into = await aRepository(ecr.client(), options.into)
    const [layer] = (await client.pushImage(from)).layers
    const bytes = Buffer.from(`a blob of ${from} that no image names`)
    const { digest: loose } = await client.pushBlob(from, bytes)
    const digest = options.digest === 'loose' ? loose : (layer?.digest ?? '')
    const path = `/v2/${into}/blobs/uploads/?mount=${digest}&from=${from}`
    return { status: (await client.send(path, { method: 'POST' })).status, into, digest }
  }

  it.each<[what: string, options: Parameters<typeof mount>[0]]>([
    ['of no encryption of their own', {}],
    ['of the same key', { from: KMS, into: KMS }],
  ])('mounts between repositories %s', async (_what, options) => {
    const { status, into, digest } = await mount(options)
    expect(status).toBe(201)
    expect((await client.send(`/v2/${into}/blobs/${digest}`, { method: 'HEAD' })).status).toBe(200)
  })

  it.each<[what: string, options: Parameters<typeof mount>[0]]>([
    ['that is encrypted otherwise', { from: KMS }],
    ['that is not encrypted as the target is', { into: KMS }],
    ['of a pull through cache', { from: { repositoryName: 'public/charts' } }],
    ['whose image does not name the blob', { digest: 'loose' }],
  ])('opens an upload instead where the source is one %s', async (_what, options) => {
    const rule = { ecrRepositoryPrefix: 'public', upstreamRegistryUrl: 'public.ecr.aws' }
    await ecr.call('CreatePullThroughCacheRule', rule)
    expect((await mount(options)).status).toBe(202)
  })

  it('opens an upload instead where no source is named', async () => {
    const { digest } = await mount()
    const into = await aRepository(ecr.client())
    const path = `/v2/${into}/blobs/uploads/?mount=${digest}`
    expect((await client.send(path, { method: 'POST' })).status).toBe(202)
  })

  it('mounts only while the account has it turned on, and keeps what was mounted', async () => {
    const { into, digest } = await mount()
    await mounting('DISABLED')
    expect((await mount()).status).toBe(202)
    expect((await client.send(`/v2/${into}/blobs/${digest}`, { method: 'HEAD' })).status).toBe(200)
  })
})
