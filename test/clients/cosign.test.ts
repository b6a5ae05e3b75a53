import { describe, expect } from 'vitest'
import { clientTest, imagesOf, SCHEMES } from '../support/clients.ts'
import { anImage, aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import type { User } from '../support/user.ts'

const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json'

describe.concurrent.each(SCHEMES)('cosign over %s', (scheme) => {
  const ecr = emulator({ tls: scheme === 'https' })
  const it = clientTest(['cosign'], ecr, scheme)
  // No transparency log, nor anything else of the public Sigstore.
  const OFFLINE = '-y --use-signing-config=false --tlog-upload=false'
  const VERIFY = '--key cosign.pub --insecure-ignore-tlog'

  async function aSigner(user: User) {
    user.variables.COSIGN_PASSWORD = 'secret'
    await user.sh('cosign generate-key-pair')
    const name = await aRepository(ecr.client())
    const { digest } = await anImage(ecr.client(), name, { imageTag: 'v1' })
    return { name, digest, target: `$REGISTRY/${name}@${digest}` }
  }

  it('signs an image, and attests to it, by what refers to it, and verifies', async ({ user }) => {
    const { name, digest, target } = await aSigner(user)
    expect((await user.failing(`cosign verify ${VERIFY} ${target}`)).stderr).toContain('no signatures found')

    await user.sh(`cosign sign ${OFFLINE} --key cosign.key ${target}`)
    const [claim] = JSON.parse(await user.sh(`cosign verify ${VERIFY} ${target}`))
    expect(claim.critical.image).toEqual({ 'docker-manifest-digest': digest })
    const images = await imagesOf(ecr, name)
    expect(images).toMatchObject([
      { imageTags: ['v1'] },
      { artifactMediaType: BUNDLE, subjectManifestDigest: digest },
    ])
    expect(images[1]).not.toHaveProperty('imageTags')
    expect(await user.sh(`cosign tree ${target}`)).toContain(images[1]?.imageDigest)

    await user.write('predicate.json', '{"built":"here"}')
    await user.sh(
      `cosign attest ${OFFLINE} --key cosign.key --type custom --predicate predicate.json ${target}`,
    )
    const { payload } = JSON.parse(
      await user.sh(`cosign verify-attestation ${VERIFY} --type custom ${target}`),
    )
    expect(JSON.parse(`${Buffer.from(payload, 'base64')}`).predicate).toMatchObject({
      Data: '{"built":"here"}',
    })
  })

  // The rest is the same by whatever scheme.
  if (scheme === 'https') return

  it('signs an image under a tag, and verifies', async ({ user }) => {
    const { name, digest, target } = await aSigner(user)
    await user.sh(`cosign sign ${OFFLINE} --new-bundle-format=false --key cosign.key ${target}`)
    const [claim] = JSON.parse(await user.sh(`cosign verify ${VERIFY} --new-bundle-format=false ${target}`))
    expect(claim.critical.image).toEqual({ 'docker-manifest-digest': digest })
    expect((await imagesOf(ecr, name)).map(({ imageTags }) => imageTags)).toEqual([
      ['v1'],
      [`${digest.replace(':', '-')}.sig`],
    ])
  })
})
