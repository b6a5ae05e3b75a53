import { describe, expect } from 'vitest'
import { OCI_INDEX } from '../../src/rules/media-types.ts'
import { clientTest, imagesOf, SCHEMES } from '../support/clients.ts'
import { aRepository, sha256 } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { anOciLayout } from '../support/oci-layout.ts'
import type { User } from '../support/user.ts'

describe.concurrent.each(SCHEMES)('regctl over %s', (scheme) => {
  const ecr = emulator({ tls: scheme === 'https' })
  const it = clientTest(['regctl'], ecr, scheme)
  const TLS = scheme === 'http' ? '--tls disabled' : '--tls enabled'

  /** Makes a repository, and tells regctl that its registry has no TLS. */
  async function aTarget(user: User, options = ''): Promise<{ name: string; target: string }> {
    await user.sh(`regctl registry set --skip-check ${TLS} ${options} $REGISTRY`)
    const name = await aRepository(ecr.client())
    return { name, target: `$REGISTRY/${name}` }
  }

  it('logs in with a password, and with no other', async ({ user }) => {
    await user.sh(`rm .docker/config.json; regctl registry set --skip-check ${TLS} $REGISTRY`)
    const login = 'regctl registry login -u AWS --pass-stdin $REGISTRY'
    expect((await user.failing(`${login} <<<x$PASSWORD`)).stderr).toContain('unauthorized')
    await user.sh(`${login} <<<$PASSWORD && regctl repo ls $REGISTRY`)
  })

  it('copies an index with what refers to it, pushing referrers before subjects', async ({ user }) => {
    const { name, target } = await aTarget(user)
    const { digest } = await anOciLayout(user, 'layout', ['amd64', 'arm64'])
    await user.sh(`regctl artifact put --artifact-type application/vnd.example.sbom --subject ocidir://layout:latest <<<sbom
      regctl image copy --referrers ocidir://layout:latest ${target}:v1`)

    expect(await user.sh(`regctl image digest ${target}:v1`)).toBe(digest)
    const images = await imagesOf(ecr, name)
    expect(images).toHaveLength(4)
    const [referrer] = images.filter(
      ({ artifactMediaType }) => artifactMediaType === 'application/vnd.example.sbom',
    )
    expect(referrer).toMatchObject({ subjectManifestDigest: digest })
    expect(
      await user.sh(`regctl artifact list ${target}:v1 --format '{{range .Descriptors}}{{.Digest}}{{end}}'`),
    ).toBe(referrer?.imageDigest)
    await user.sh(`regctl image copy --referrers ${target}:v1 ocidir://pulled:latest
      for blob in layout/blobs/sha256/*; do cmp $blob pulled/blobs/sha256/\${blob##*/}; done`)
  })

  it('lists and deletes tags, manifests and blobs', async ({ user }) => {
    const { name, target } = await aTarget(user)
    const { digest } = await anOciLayout(user, 'layout')
    await user.sh(`for tag in b a; do regctl image copy ocidir://layout:latest ${target}:$tag; done`)
    expect(await user.sh(`regctl tag ls ${target}`)).toBe('a\nb')
    expect((await user.sh('regctl repo ls $REGISTRY')).split('\n')).toContain(name)

    await user.sh(`regctl tag delete ${target}:a`)
    expect(await imagesOf(ecr, name)).toMatchObject([{ imageDigest: digest, imageTags: ['b'] }])
    await user.sh(`regctl manifest delete ${target}@${digest}`)
    expect(await imagesOf(ecr, name)).toEqual([])
  })

  // The rest is the same by whatever scheme.
  if (scheme === 'https') return

  it('uploads a blob in chunks', async ({ user }) => {
    const { target } = await aTarget(user, '--blob-chunk 1000 --blob-max 1000')
    await user.sh('head -c 10500 /dev/urandom > blob')
    const digest = sha256(await user.read('blob'))
    expect(await user.sh(`regctl blob put ${target} < blob`)).toBe(digest)
    await user.sh(`regctl blob get ${target} ${digest} | cmp - blob`)
    expect(await user.sh(`regctl blob head ${target} ${digest} --format '{{.GetDescriptor.Size}}'`)).toBe(
      '10500',
    )
  })

  it('copies an image within the registry', async ({ user }) => {
    const { target } = await aTarget(user)
    const other = `$REGISTRY/${await aRepository(ecr.client())}`
    const { digest } = await anOciLayout(user, 'layout')
    await user.sh(
      `regctl image copy ocidir://layout:latest ${target}:v1 && regctl image copy ${target}:v1 ${other}:v2`,
    )
    expect(await user.sh(`regctl image digest ${other}:v2`)).toBe(digest)
  })

  it('puts artifacts with a type and a subject', async ({ user }) => {
    const { name, target } = await aTarget(user)
    await user.sh(`regctl artifact put --artifact-type application/vnd.example.doc ${target}:doc <<<text
      regctl artifact put --artifact-type application/vnd.example.note --subject ${target}:doc <<<note`)
    expect(await user.sh(`regctl artifact get ${target}:doc`)).toBe('text')
    expect(await user.sh(`regctl artifact get --subject ${target}:doc`)).toBe('note')
    const [document, note] = await imagesOf(ecr, name)
    expect(document).toMatchObject({ imageTags: ['doc'], artifactMediaType: 'application/vnd.example.doc' })
    expect(note).toMatchObject({
      artifactMediaType: 'application/vnd.example.note',
      subjectManifestDigest: document?.imageDigest,
    })
  })

  it('makes an index, and adds to it', async ({ user }) => {
    const { name, target } = await aTarget(user)
    await anOciLayout(user, 'amd64', ['amd64'])
    await anOciLayout(user, 'arm64', ['arm64'])
    await user.sh(`for a in amd64 arm64; do regctl image copy ocidir://$a:latest ${target}:$a; done
      regctl index create ${target}:all --ref ${target}:amd64 --desc-platform linux/amd64
      regctl index add ${target}:all --ref ${target}:arm64 --desc-platform linux/arm64`)
    const digestOf = (reference: string): Promise<string> => user.sh(`regctl image digest ${reference}`)
    expect(await digestOf(`-p linux/arm64 ${target}:all`)).toBe(await digestOf(`${target}:arm64`))
    expect((await imagesOf(ecr, name)).at(-1)).toMatchObject({
      imageTags: ['all'],
      imageManifestMediaType: OCI_INDEX,
    })
  })
})
