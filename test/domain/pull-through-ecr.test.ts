import {
  BatchGetImageCommand,
  type ECRClient,
  SetRepositoryPolicyCommand,
  ValidatePullThroughCacheRuleCommand,
} from '@aws-sdk/client-ecr'
import { beforeAll, describe, expect, it } from 'vitest'
import { aName, aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { DEFAULT_ACCOUNT } from '../support/refusals.ts'
import { registryClient } from '../support/registry.ts'
import { aRule, secretsFile } from '../support/upstream.ts'

const OTHER_ACCOUNT = '222233334444'
const customRoleArn = `arn:aws:iam::${DEFAULT_ACCOUNT}:role/reader`
const hostOf = (accountId: string) => `${accountId}.dkr.ecr.us-east-1.amazonaws.com`

describe('a pull through the cache from another ECR', () => {
  const secrets = secretsFile()
  const upstream = emulator()
  const ecr = emulator({
    secrets: secrets.path,
    get upstream() {
      return [DEFAULT_ACCOUNT, OTHER_ACCOUNT].map((id) => `${hostOf(id)}=${upstream.server.url}`)
    },
  })
  let client: ECRClient
  beforeAll(() => {
    client = ecr.client()
  })

  /** An image in a registry of the upstream, as its own account puts it there. */
  async function anImageOf(identity: { accessKeyId?: string }) {
    const name = await aRepository(upstream.client({ ...identity, region: 'us-east-1' }), {
      repositoryName: aName('team/app'),
    })
    const origin = registryClient(upstream, { ...identity, region: 'us-east-1' })
    return { name, ...(await origin.pushImage(name, 'v1')) }
  }
  const batchGet = (repositoryName: string) =>
    client.send(new BatchGetImageCommand({ repositoryName, imageIds: [{ imageTag: 'v1' }] }))

  it('takes images of another region, as the account itself', async () => {
    const { name, text } = await anImageOf({})
    const prefix = await aRule(client, { upstreamRegistryUrl: hostOf(DEFAULT_ACCOUNT) })
    const validated = new ValidatePullThroughCacheRuleCommand({ ecrRepositoryPrefix: prefix })
    expect(await client.send(validated)).toMatchObject({ isValid: true })
    const { images = [] } = await batchGet(`${prefix}/${name}`)
    expect(images[0]?.imageManifest).toBe(text)
  })

  it('is refused by another account that has not let it in', async () => {
    const { name } = await anImageOf({ accessKeyId: OTHER_ACCOUNT })
    const prefix = await aRule(client, { upstreamRegistryUrl: hostOf(OTHER_ACCOUNT), customRoleArn })
    const { failures } = await batchGet(`${prefix}/${name}`)
    expect(failures).toMatchObject([{ failureCode: 'UpstreamAccessDenied' }])
  })

  it.each([
    ['the account', `arn:aws:iam::${DEFAULT_ACCOUNT}:root`],
    ['the role', customRoleArn],
  ])('is let in by another account whose policy names %s', async (_who, AWS) => {
    const { name, text } = await anImageOf({ accessKeyId: OTHER_ACCOUNT })
    const owner = upstream.client({ accessKeyId: OTHER_ACCOUNT, region: 'us-east-1' })
    const statement = {
      Effect: 'Allow',
      Principal: { AWS },
      Action: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
    }
    const policyText = JSON.stringify({ Version: '2012-10-17', Statement: [statement] })
    await owner.send(new SetRepositoryPolicyCommand({ repositoryName: name, policyText }))
    const prefix = await aRule(client, { upstreamRegistryUrl: hostOf(OTHER_ACCOUNT), customRoleArn })
    const { images = [] } = await batchGet(`${prefix}/${name}`)
    expect(images[0]?.imageManifest).toBe(text)
  })

  it('takes the password that stands under the role', async () => {
    const { name, text } = await anImageOf({ accessKeyId: OTHER_ACCOUNT })
    const owner = registryClient(upstream, { accessKeyId: OTHER_ACCOUNT, region: 'us-east-1' })
    const login = Buffer.from((await owner.authorization()).split(' ')[1] ?? '', 'base64').toString()
    const [username, accessToken] = login.split(':')
    secrets.write({ [customRoleArn]: { username, accessToken } })
    const prefix = await aRule(client, { upstreamRegistryUrl: hostOf(OTHER_ACCOUNT), customRoleArn })
    const { images = [] } = await batchGet(`${prefix}/${name}`)
    expect(images[0]?.imageManifest).toBe(text)
  })
})
