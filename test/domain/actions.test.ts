import { type ECRClient, PutRegistryPolicyCommand } from '@aws-sdk/client-ecr'
import { AssumeRoleCommand } from '@aws-sdk/client-sts'
import { beforeAll, describe, expect, it } from 'vitest'
import { operations } from '../../src/generated/ecr/operations.ts'
import type { OperationName } from '../../src/generated/ecr/types.ts'
import { aRepository } from '../support/content.ts'
import { authorizationOf, emulator } from '../support/emulator.ts'
import { policyText } from '../support/policies.ts'
import { DEFAULT_ACCOUNT, repositoryArnOf } from '../support/refusals.ts'
import { registryClient } from '../support/registry.ts'
import { stsClient } from '../support/sts.ts'
import { NAMED_REPOSITORY, validInput } from '../support/valid-input.ts'

/*
 * The actions that a caller is asked for, as the service authorization reference has them: a Deny of one of them
 * is enough to be refused, and a Deny of all others is nothing.
 */

const ROLE = `arn:aws:iam::${DEFAULT_ACCOUNT}:role/ann`
const ARN = repositoryArnOf(NAMED_REPOSITORY)
const UUID = '00000000-0000-4000-8000-000000000000'
const DIGEST = `sha256:${'0'.repeat(64)}`
const TEMPLATE = { repositoryPolicy: policyText({}), lifecyclePolicy: '' }

/** Members of which the least that the model takes is not what their operation takes. */
const BETTER: { readonly [Name in OperationName]?: object } = {
  ListTagsForResource: { resourceArn: ARN },
  TagResource: { resourceArn: ARN },
  UntagResource: { resourceArn: ARN },
  UploadLayerPart: { layerPartBlob: 'YQ==' },
}

/** Actions that have no resource. */
const OF_REGISTRY: readonly OperationName[] = [
  'CreatePullThroughCacheRule',
  'DeletePullThroughCacheRule',
  'DeleteRegistryPolicy',
  'DeleteRepositoryCreationTemplate',
  'DeleteSigningConfiguration',
  'DeregisterPullTimeUpdateExclusion',
  'DescribePullThroughCacheRules',
  'DescribeRegistry',
  'DescribeReplicationBackfillResults',
  'DescribeRepositoryCreationTemplates',
  'GetAccountSetting',
  'GetRegistryPolicy',
  'GetRegistryScanningConfiguration',
  'GetSigningConfiguration',
  'ListPullTimeUpdateExclusions',
  'ListReplicationBackfills',
  'PutAccountSetting',
  'PutRegistryPolicy',
  'PutRegistryScanningConfiguration',
  'PutReplicationConfiguration',
  'PutSigningConfiguration',
  'RegisterPullTimeUpdateExclusion',
  'StartReplicationBackfill',
  'StopReplicationBackfill',
  'UpdatePullThroughCacheRule',
  'ValidatePullThroughCacheRule',
]

type Row = [name: OperationName, actions: readonly string[], resource: string, input?: object]

/** What the others ask for that do not ask for the action of their name on their repository. */
const OTHERS: readonly [name: OperationName, actions: readonly string[], resource: string, input?: object][] =
  [
    ['CreateRepository', ['CreateRepository'], ARN],
    ['CreateRepository', ['CreateRepository', 'TagResource'], ARN, { tags: [{ Key: 'a', Value: 'b' }] }],
    ['CreateRepositoryCreationTemplate', ['CreateRepositoryCreationTemplate', 'CreateRepository'], '*'],
    [
      'CreateRepositoryCreationTemplate',
      ['CreateRepositoryCreationTemplate', 'CreateRepository', 'SetRepositoryPolicy', 'PutLifecyclePolicy'],
      '*',
      TEMPLATE,
    ],
    ['DescribeRepositories', ['DescribeRepositories'], repositoryArnOf('*')],
    ['DescribeRepositories', ['DescribeRepositories'], ARN, { repositoryNames: [NAMED_REPOSITORY] }],
    ['GetAuthorizationToken', [], '*'],
    ['ListImageReferrers', ['BatchGetImage'], ARN],
    ['UpdateRepositoryCreationTemplate', ['UpdateRepositoryCreationTemplate', 'CreateRepository'], '*'],
    [
      'UpdateRepositoryCreationTemplate',
      ['UpdateRepositoryCreationTemplate', 'CreateRepository', 'SetRepositoryPolicy', 'PutLifecyclePolicy'],
      '*',
      TEMPLATE,
    ],
  ]

const names = Object.keys(operations) as OperationName[]
const own = names
  .filter((name) => !OTHERS.some(([other]) => other === name))
  .map((name): Row => [name, [name], OF_REGISTRY.includes(name) ? '*' : ARN])

const UPLOAD = `/v2/${NAMED_REPOSITORY}/blobs/uploads/${UUID}`
const ROUTES: readonly [method: string, path: string, actions: readonly string[], body?: string][] = [
  ['GET', '/v2/', []],
  ['GET', `/v2/${NAMED_REPOSITORY}/manifests/v1`, ['BatchGetImage']],
  ['HEAD', `/v2/${NAMED_REPOSITORY}/manifests/v1`, ['BatchGetImage']],
  ['PUT', `/v2/${NAMED_REPOSITORY}/manifests/v1`, ['PutImage'], '{}'],
  ['DELETE', `/v2/${NAMED_REPOSITORY}/manifests/v1`, ['BatchDeleteImage']],
  ['HEAD', `/v2/${NAMED_REPOSITORY}/blobs/${DIGEST}`, ['BatchCheckLayerAvailability']],
  ['GET', `/v2/${NAMED_REPOSITORY}/blobs/${DIGEST}`, ['GetDownloadUrlForLayer']],
  ['DELETE', `/v2/${NAMED_REPOSITORY}/blobs/${DIGEST}`, ['BatchDeleteImage']],
  ['POST', `/v2/${NAMED_REPOSITORY}/blobs/uploads/`, ['InitiateLayerUpload']],
  [
    'POST',
    `/v2/${NAMED_REPOSITORY}/blobs/uploads/?digest=${DIGEST}`,
    ['InitiateLayerUpload', 'UploadLayerPart', 'CompleteLayerUpload'],
    'a',
  ],
  ['PATCH', UPLOAD, ['UploadLayerPart'], 'a'],
  ['PUT', `${UPLOAD}?digest=${DIGEST}`, ['CompleteLayerUpload']],
  ['PUT', `${UPLOAD}?digest=${DIGEST}`, ['UploadLayerPart', 'CompleteLayerUpload'], 'a'],
  ['GET', UPLOAD, ['UploadLayerPart']],
  ['HEAD', UPLOAD, ['UploadLayerPart']],
  ['DELETE', UPLOAD, ['CompleteLayerUpload']],
  ['GET', `/v2/${NAMED_REPOSITORY}/tags/list`, ['ListImages']],
  ['GET', `/v2/${NAMED_REPOSITORY}/referrers/${DIGEST}`, ['BatchGetImage']],
  ['GET', '/v2/_catalog', ['DescribeRepositories']],
]

describe('actions', () => {
  const ecr = emulator()
  let root: ECRClient
  let accessKeyId: string
  beforeAll(async () => {
    root = ecr.client()
    await aRepository(root, { repositoryName: NAMED_REPOSITORY })
    const assume = new AssumeRoleCommand({ RoleArn: ROLE, RoleSessionName: 'actions' })
    const { Credentials } = await stsClient(ecr).send(assume)
    accessKeyId = Credentials?.AccessKeyId ?? ''
  })

  /** Denies the role something by the registry policy. */
  const deny = (elements: object) =>
    root.send(
      new PutRegistryPolicyCommand({
        policyText: policyText({ Effect: 'Deny', Principal: { AWS: ROLE }, Resource: '*', ...elements }),
      }),
    )

  /** What `ask` is told under a Deny of each action, and under a Deny of all others. */
  async function toldUnder(
    actions: readonly string[],
    ask: () => Promise<string | undefined>,
  ): Promise<{ each: (string | undefined)[]; others: string | undefined }> {
    const named = actions.map((action) => `ecr:${action}`)
    const each = []
    for (const Action of named) {
      await deny({ Action })
      each.push(await ask())
    }
    await deny(named.length > 0 ? { NotAction: named } : { Action: '*' })
    return { each, others: await ask() }
  }

  it('are told of every operation', () => {
    expect(
      names.filter((name) => OF_REGISTRY.includes(name) && OTHERS.some(([other]) => other === name)),
    ).toEqual([])
    expect(new Set([...own, ...OTHERS].map(([name]) => name))).toEqual(new Set(names))
  })

  it.each<Row>([...own, ...OTHERS])('of %s are %j on %s', async (name, actions, resource, input = {}) => {
    const ask = async () => {
      const authorization = authorizationOf(accessKeyId, 'eu-west-1')
      const { body } = await ecr.call(
        name,
        { ...validInput(name), ...BETTER[name], ...input },
        { authorization },
      )
      return deniedBy(body.Message)
    }
    expect(await toldUnder(actions, ask)).toEqual({
      each: actions.map((action) => `ecr:${action} on ${resource}`),
      others: undefined,
    })
  })

  it.each(ROUTES)('of %s %s are %j', async (method, path, actions, body) => {
    const client = registryClient(ecr, { accessKeyId })
    const ask = async () => {
      const answer = await client.send(path, { method, ...(body && { body }) })
      // Which action was missed is told in a body alone.
      if (method === 'HEAD') return answer.status === 403 ? 'denied' : undefined
      return deniedBy(await answer.text())
    }
    const resource = path.endsWith('_catalog') ? repositoryArnOf('*') : ARN
    expect(await toldUnder(actions, ask)).toEqual({
      each: actions.map((action) => (method === 'HEAD' ? 'denied' : `ecr:${action} on ${resource}`)),
      others: undefined,
    })
  })
})

/** What the text of a denial says was asked for. */
function deniedBy(message: string | undefined): string | undefined {
  const [, action, resource] =
    /not authorized to perform: (\S+) on resource: (\S+) with an explicit deny/.exec(message ?? '') ?? []
  return action && `${action} on ${resource}`
}
