import { describe, expect } from 'vitest'
import { clientTest } from '../support/clients.ts'
import { anImage, aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { aProfile, signPushesTo } from '../support/signing.ts'
import type { User } from '../support/user.ts'

describe('managed signing', () => {
  const [ecr, other] = [emulator(), emulator()]
  const it = clientTest(['notation', 'curl'], ecr)

  /** Pushes an image that is signed by two profiles, and has the user trust the signer of a server. */
  async function aSignedImage({ sh, write, variables }: User, trusted: typeof ecr): Promise<string> {
    const signer = `${trusted.server.url}/_ecr-local/signer.pem`
    await sh(`curl -sSf ${signer} > signer.pem && notation cert add --type ca --store ecr-local signer.pem`)
    const policy = {
      name: 'all',
      registryScopes: ['*'],
      signatureVerification: { level: 'strict' },
      trustStores: ['ca:ecr-local'],
      trustedIdentities: ['*'],
    }
    await write(
      '.config/notation/trustpolicy.json',
      JSON.stringify({ version: '1.0', trustPolicies: [policy] }),
    )

    const client = ecr.client()
    const name = await aRepository(client)
    await signPushesTo(client, name, aProfile('one'), aProfile('two'))
    const { digest } = await anImage(client, name, { imageTag: 'v1' })
    await ecr.server.clock()
    return `${variables.REGISTRY}/${name}@${digest}`
  }

  it('makes signatures that notation verifies by the certificate of the server', async ({ user }) => {
    const image = await aSignedImage(user, ecr)
    expect(await user.sh(`notation verify --insecure-registry ${image}`)).toContain(
      `Successfully verified signature for ${image}`,
    )
    const listed = await user.sh(`notation list --insecure-registry ${image}`)
    expect(listed.match(/sha256:[0-9a-f]{64}$/gm)).toHaveLength(3)
  })

  it.for(['2001-01-01T00:00:00Z', '2077-01-01T00:00:00Z'])(
    'makes signatures that notation verifies, where the server is in %s',
    async (now, { user }) => {
      await ecr.server.clock({ now })
      const image = await aSignedImage(user, ecr)
      await ecr.server.clock({ reset: true })
      expect(await user.sh(`notation verify --insecure-registry ${image}`)).toContain('Successfully verified')
    },
  )

  it('makes signatures that notation does not verify by that of another', async ({ user }) => {
    const image = await aSignedImage(user, other)
    const { exitCode, stderr } = await user.failing(`notation verify --insecure-registry ${image}`)
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('signature verification failed')])
  })
})
