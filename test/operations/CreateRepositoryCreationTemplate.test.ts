import type { ECRClient } from '@aws-sdk/client-ecr'
import { beforeAll, describe, expect, it } from 'vitest'
import { aName } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { invalidParameter, refusal } from '../support/refusals.ts'
import {
  aTemplate,
  invalidContent,
  invalidPrefix,
  invalidPrefixes,
  KEY,
  LIFECYCLE_POLICY,
  POLICY,
  PRINTED_POLICY,
  TAGS,
} from '../support/templates.ts'

describe('CreateRepositoryCreationTemplate', () => {
  const ecr = emulator()
  let client: ECRClient
  beforeAll(() => {
    client = ecr.client()
  })

  describe('validation', () => {
    it.each(invalidPrefixes)('%s: %j', async (constraint, prefix) => {
      const made = aTemplate(client, { prefix: prefix as string })
      await expect(made).rejects.toMatchObject(invalidPrefix(constraint))
    })

    it.each([
      ...invalidContent,
      ['appliedFor', 'Member must not be null', { appliedFor: undefined }] as const,
    ])('%s: %s', async (member, constraint, input) => {
      const made = aTemplate(client, { prefix: aName(), ...input })
      await expect(made).rejects.toMatchObject(invalidParameter(member, constraint))
    })
  })

  describe('refusals', () => {
    it.each(['', '/'])('takes one template for each prefix, whatever it is for: %j', async (slash) => {
      const prefix = aName()
      await aTemplate(client, { prefix, appliedFor: ['REPLICATION'] })
      const message = `The repository creation template with prefix '${prefix}' already exists in the registry with id '000000000000'`
      const again = aTemplate(client, { prefix: `${prefix}${slash}` })
      await expect(again).rejects.toMatchObject(refusal('TemplateAlreadyExistsException', message))
    })
  })

  describe('effects', () => {
    it("says ECR's defaults of what is not given", async () => {
      const prefix = aName()
      const template = await aTemplate(client, { prefix })
      expect(template).toEqual({
        prefix,
        encryptionConfiguration: { encryptionType: 'AES256' },
        resourceTags: [],
        imageTagMutability: 'MUTABLE',
        appliedFor: ['CREATE_ON_PUSH'],
        createdAt: expect.any(Date),
        updatedAt: template?.createdAt,
      })
    })

    it('keeps what is given, the repository policy as ECR prints it, the lifecycle policy to the letter', async () => {
      const content = {
        prefix: `${aName()}/team`,
        description: 'for the team',
        encryptionConfiguration: { encryptionType: 'KMS', kmsKey: KEY },
        resourceTags: TAGS,
        imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
        imageTagMutabilityExclusionFilters: [{ filterType: 'WILDCARD', filter: 'dev*' }],
        lifecyclePolicy: LIFECYCLE_POLICY,
        appliedFor: ['REPLICATION', 'PULL_THROUGH_CACHE'],
        customRoleArn: 'arn:aws:iam::000000000000:role/maker',
      } as const
      const given = { ...content, appliedFor: [...content.appliedFor, 'REPLICATION'] }
      const template = await aTemplate(client, {
        ...(given as object),
        prefix: content.prefix,
        repositoryPolicy: JSON.stringify(POLICY),
      })
      expect(template).toMatchObject({ ...content, repositoryPolicy: PRINTED_POLICY })
    })

    it('drops the slash that ends a prefix', async () => {
      const prefix = aName()
      expect(await aTemplate(client, { prefix: `${prefix}/` })).toMatchObject({ prefix })
    })

    it('takes ROOT, and empty texts for none', async () => {
      const texts = { description: '', customRoleArn: '', repositoryPolicy: '', lifecyclePolicy: '' }
      const encryptionConfiguration = { encryptionType: 'KMS', kmsKey: '' } as const
      const template = await aTemplate(client, { prefix: 'ROOT', ...texts, encryptionConfiguration })
      expect(template).toMatchObject({ prefix: 'ROOT', encryptionConfiguration: { encryptionType: 'KMS' } })
      for (const member of Object.keys(texts)) expect(template).not.toHaveProperty(member)
    })

    it('is of its registry alone', async () => {
      const prefix = aName()
      await aTemplate(client, { prefix })
      await expect(aTemplate(ecr.client({ region: 'eu-west-2' }), { prefix })).resolves.toMatchObject({
        prefix,
      })
    })
  })
})
