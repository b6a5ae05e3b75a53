import { ListImageReferrersCommand } from '@aws-sdk/client-ecr'
import { describe, expect } from 'vitest'
import { clientTest, imagesOf, SCHEMES } from '../support/clients.ts'
import { anImage, aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import type { User } from '../support/user.ts'

const SIGNATURE = 'application/vnd.cncf.notary.signature'

describe.concurrent.each(SCHEMES)('notation over %s', (scheme) => {
  const ecr = emulator({ tls: scheme === 'https' })
  // Whatever it is told, it speaks plainly to what is called localhost.
  const it = clientTest(['notation'], ecr, scheme, '127.0.0.1')
  const PLAIN = scheme === 'http' ? '--insecure-registry' : ''

  /** Makes an image, and a key with which the user signs and whose signatures alone it trusts. */
  async function aSigner(user: User) {
    await user.sh('notation cert generate-test --default signer')
    const trust = {
      name: 'all',
      registryScopes: ['*'],
      signatureVerification: { level: 'strict' },
      trustStores: ['ca:signer'],
      trustedIdentities: ['*'],
    }
    await user.write(
      '.config/notation/trustpolicy.json',
      JSON.stringify({ version: '1.0', trustPolicies: [trust] }),
    )
    const name = await aRepository(ecr.client())
    const { digest } = await anImage(ecr.client(), name, { imageTag: 'v1' })
    return { name, digest, target: `${user.variables.REGISTRY}/${name}@${digest}` }
  }

  it.for([
    { how: 'as a referrer', fallback: false },
    { how: 'under the tag for registries without referrers', fallback: true },
  ])('signs $how and verifies', async ({ fallback }, { user }) => {
    const { name, digest, target } = await aSigner(user)
    const { stderr } = await user.failing(`notation verify ${PLAIN} ${target}`)
    expect(stderr).toContain(`no signature is associated with "${target}"`)

    await user.sh(`notation sign ${PLAIN} --force-referrers-tag=${fallback} ${target}`)
    expect(await user.sh(`notation verify ${PLAIN} ${target}`)).toBe(
      `Successfully verified signature for ${target}`,
    )
    const images = await imagesOf(ecr, name)
    const signature = images.find(({ artifactMediaType }) => artifactMediaType === SIGNATURE)
    expect(signature).toMatchObject({ subjectManifestDigest: digest })
    expect(images.flatMap(({ imageTags = [] }) => imageTags)).toEqual(
      fallback ? ['v1', digest.replace(':', '-')] : ['v1'],
    )
    expect(await user.sh(`notation list ${PLAIN} ${target}`)).toContain(signature?.imageDigest)

    const { referrers } = await ecr
      .client()
      .send(new ListImageReferrersCommand({ repositoryName: name, subjectId: { imageDigest: digest } }))
    expect(referrers).toMatchObject([{ digest: signature?.imageDigest, artifactType: SIGNATURE }])
  })

  // The rest is the same by whatever scheme.
  if (scheme === 'https') return

  it('does not trust the signature of another key', async ({ user }) => {
    const { target } = await aSigner(user)
    await user.sh(`notation cert generate-test stranger
      notation sign ${PLAIN} --key stranger ${target}`)
    const { stderr } = await user.failing(`notation verify ${PLAIN} ${target}`)
    expect(stderr).toContain('signature verification failed for all the signatures')
  })
})
