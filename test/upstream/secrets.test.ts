import { describe, expect, it } from 'vitest'
import { openSecrets } from '../../src/upstream/secrets.ts'
import { secretArn, secretsFile } from '../support/upstream.ts'

describe('openSecrets', () => {
  const file = secretsFile()
  const secrets = openSecrets(file.path)
  const login = { username: 'ann', accessToken: 'token' }
  const arn = secretArn('hub-Ab3dE6')

  it.each([arn, 'ecr-pullthroughcache/hub-Ab3dE6', 'ecr-pullthroughcache/hub'])(
    'finds a secret under %s',
    async (key) => {
      file.write({ [key]: login })
      expect(await secrets.find(arn)).toEqual({ kind: 'found', ...login })
    },
  )

  it('reads what is in the file now', async () => {
    file.write({ [arn]: login })
    await secrets.find(arn)
    file.write({ [arn]: { ...login, accessToken: 'new' } })
    expect(await secrets.find(arn)).toMatchObject({ accessToken: 'new' })
  })

  it.each<[string, object | string, string]>([
    ['other secrets', { 'ecr-pullthroughcache/other': login }, 'missing'],
    ['an encrypted text', { [arn]: 'AQICAHh' }, 'undecryptable'],
    ['a login without a token', { [arn]: { username: 'ann' } }, 'undecryptable'],
    ['nothing under the name', { [arn]: null }, 'undecryptable'],
    ['no JSON', '{', 'inaccessible'],
    ['no object', '[]', 'inaccessible'],
  ])('of a file with %s', async (_what, content, kind) => {
    file.write(content)
    expect(await secrets.find(arn)).toEqual({ kind })
  })

  it('can not get at a file that is gone, and finds nothing without a file', async () => {
    file.remove()
    expect(await secrets.find(arn)).toEqual({ kind: 'inaccessible' })
    expect(await openSecrets(undefined).find(arn)).toEqual({ kind: 'missing' })
  })
})
