import { type ECRClient, UpdateRepositoryCreationTemplateCommand } from '@aws-sdk/client-ecr'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { aName } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { invalidParameter } from '../support/refusals.ts'
import {
  aTemplate,
  invalidContent,
  invalidPrefix,
  invalidPrefixes,
  KEY,
  LIFECYCLE_POLICY,
  noTemplate,
  POLICY,
  PRINTED_POLICY,
  TAGS,
} from '../support/templates.ts'

describe('UpdateRepositoryCreationTemplate', () => {
  const ecr = emulator()
  let client: ECRClient
  let prefix: string
  beforeAll(() => {
    client = ecr.client()
  })
  beforeEach(async () => {
    prefix = aName()
    await aTemplate(client, {
      prefix,
      description: 'old',
      repositoryPolicy: JSON.stringify(POLICY),
      lifecyclePolicy: LIFECYCLE_POLICY,
      resourceTags: TAGS,
      imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
      imageTagMutabilityExclusionFilters: [{ filterType: 'WILDCARD', filter: 'dev*' }],
      customRoleArn: 'arn:aws:iam::000000000000:role/maker',
    })
  })
  const update = async (input: object) =>
    (await client.send(new UpdateRepositoryCreationTemplateCommand({ prefix, ...input })))
      .repositoryCreationTemplate

  describe('validation', () => {
    it.each(invalidPrefixes)('%s: %j', async (constraint, given) => {
      await expect(update({ prefix: given })).rejects.toMatchObject(invalidPrefix(constraint))
    })

    it.each(invalidContent)('%s: %s', async (member, constraint, input) => {
      await expect(update(input)).rejects.toMatchObject(invalidParameter(member, constraint))
    })

    it('holds filters against the mutability that stays', async () => {
      await update({ imageTagMutability: 'MUTABLE' })
      const constraint =
        'ImageTagMutabilityExclusionFilters are not allowed when imageTagMutability is set to MUTABLE'
      const filters = [{ filterType: 'WILDCARD', filter: 'a' }]
      await expect(update({ imageTagMutabilityExclusionFilters: filters })).rejects.toMatchObject(
        invalidParameter('imageTagMutabilityExclusionFilters', constraint),
      )
    })
  })

  describe('refusals', () => {
    it('knows no template of another prefix', async () => {
      const unknown = { prefix: `${prefix}/below` }
      await expect(update(unknown)).rejects.toMatchObject(noTemplate(unknown.prefix))
    })
  })

  describe('effects', () => {
    it('leaves what is not given', async () => {
      const before = await update({ prefix: `${prefix}/` })
      await ecr.server.clock({ advance: 'PT1H' })
      const after = await update({ description: 'new' })
      expect(after).toEqual({ ...before, description: 'new', updatedAt: expect.any(Date) })
      expect(after).toMatchObject({ repositoryPolicy: PRINTED_POLICY, resourceTags: TAGS })
      expect(Number(after?.updatedAt) - Number(before?.updatedAt)).toBeGreaterThanOrEqual(3_600_000)
    })

    it.each([
      ['appliedFor', ['REPLICATION']],
      ['encryptionConfiguration', { encryptionType: 'KMS', kmsKey: KEY }],
      ['resourceTags', []],
      ['customRoleArn', 'arn:aws:iam::000000000000:role/other'],
      ['imageTagMutabilityExclusionFilters', [{ filterType: 'WILDCARD', filter: 'test*' }]],
      ['lifecyclePolicy', LIFECYCLE_POLICY.replace('14', '15')],
    ])('changes %s alone', async (member, value) => {
      const before = await update({})
      expect(await update({ [member]: value })).toEqual({
        ...before,
        [member]: value,
        updatedAt: expect.any(Date),
      })
    })

    it.each(['description', 'customRoleArn', 'repositoryPolicy', 'lifecyclePolicy'])(
      'takes %s back by an empty text',
      async (member) => {
        expect(await update({ [member]: '' })).not.toHaveProperty(member)
      },
    )

    it('leaves the filters of a mutability that goes', async () => {
      const template = await update({ imageTagMutability: 'IMMUTABLE' })
      expect(template).toMatchObject({ imageTagMutability: 'IMMUTABLE' })
      expect(template).not.toHaveProperty('imageTagMutabilityExclusionFilters')
    })
  })
})
