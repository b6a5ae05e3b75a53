import {
  DeleteRepositoryCreationTemplateCommand,
  DescribeRepositoryCreationTemplatesCommand,
  type ECRClient,
} from '@aws-sdk/client-ecr'
import { beforeAll, describe, expect, it } from 'vitest'
import { aName } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { aTemplate, invalidPrefix, invalidPrefixes, noTemplate } from '../support/templates.ts'

describe('DeleteRepositoryCreationTemplate', () => {
  const ecr = emulator()
  let client: ECRClient
  beforeAll(() => {
    client = ecr.client()
  })
  const remove = (prefix: string | undefined) =>
    client.send(new DeleteRepositoryCreationTemplateCommand({ prefix }))

  describe('validation', () => {
    it.each(invalidPrefixes)('%s: %j', async (constraint, prefix) => {
      await expect(remove(prefix)).rejects.toMatchObject(invalidPrefix(constraint))
    })
  })

  describe('refusals', () => {
    it('knows a template by its whole prefix only', async () => {
      const prefix = aName()
      await aTemplate(client, { prefix: `${prefix}/below` })
      await expect(remove(prefix)).rejects.toMatchObject(noTemplate(prefix))
    })
  })

  describe('effects', () => {
    it.each(['', '/'])('answers with the template that goes, named with %j at its end', async (slash) => {
      const prefix = aName()
      const template = await aTemplate(client, { prefix, description: 'gone' })
      const { registryId, repositoryCreationTemplate } = await remove(`${prefix}${slash}`)
      expect({ registryId, repositoryCreationTemplate }).toEqual({
        registryId: '000000000000',
        repositoryCreationTemplate: template,
      })
      const describe = new DescribeRepositoryCreationTemplatesCommand({ prefixes: [prefix] })
      expect((await client.send(describe)).repositoryCreationTemplates).toEqual([])
    })
  })
})
