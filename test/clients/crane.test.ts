import { PutImageCommand } from '@aws-sdk/client-ecr'
import { describe, expect } from 'vitest'
import { DOCKER_MANIFEST, OCI_CONFIG, OCI_INDEX, OCI_MANIFEST } from '../../src/rules/media-types.ts'
import { clientTest, imagesOf, SCHEMES } from '../support/clients.ts'
import { aLayer, aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { anOciLayout } from '../support/oci-layout.ts'

describe.concurrent.each(SCHEMES)('crane over %s', (scheme) => {
  const ecr = emulator({ tls: scheme === 'https' })
  const it = clientTest(['crane'], ecr, scheme)

  it('is refused without a login', async ({ user }) => {
    const name = await aRepository(ecr.client())
    const { stderr } = await user.failing(`rm .docker/config.json; crane ls $REGISTRY/${name}`)
    expect(stderr).toContain('UNAUTHORIZED: Not Authorized')
  })

  it('pushes an image and pulls the same bytes', async ({ user }) => {
    const name = await aRepository(ecr.client())
    const { digest, images } = await anOciLayout(user, 'layout')
    const [image] = images

    expect(await user.sh(`crane push layout $REGISTRY/${name}:v1`)).toBe(
      `${user.variables.REGISTRY}/${name}@${digest}`,
    )
    expect(await imagesOf(ecr, name)).toMatchObject([
      {
        imageDigest: digest,
        imageTags: ['v1'],
        imageManifestMediaType: OCI_MANIFEST,
        artifactMediaType: OCI_CONFIG,
        imageSizeInBytes: (image?.config.size ?? 0) + (image?.layer.size ?? 0),
      },
    ])

    await user.sh(`crane pull --format=oci $REGISTRY/${name}:v1 pulled && diff -r layout/blobs pulled/blobs`)
    expect(await user.sh(`crane validate --remote $REGISTRY/${name}:v1`)).toContain('PASS')
  })

  it('lists tags and repositories', async ({ user }) => {
    const name = await aRepository(ecr.client(), { repositoryName: 'team/blobs/manifests' })
    await anOciLayout(user, 'layout')
    await user.sh(
      `crane push layout $REGISTRY/${name}:b; for tag in c a; do crane tag $REGISTRY/${name}:b $tag; done`,
    )
    expect(await user.sh(`crane ls $REGISTRY/${name}`)).toBe('a\nb\nc')
    const repositories = (await user.sh('crane catalog $REGISTRY')).split('\n')
    expect(repositories).toContain(name)
    expect(repositories).toEqual([...repositories].sort())
  })

  it('deletes a tag and then the image', async ({ user }) => {
    const name = await aRepository(ecr.client())
    const { digest } = await anOciLayout(user, 'layout')
    await user.sh(`crane push layout $REGISTRY/${name}:one && crane tag $REGISTRY/${name}:one two`)

    await user.sh(`crane delete $REGISTRY/${name}:one`)
    expect(await imagesOf(ecr, name)).toMatchObject([{ imageDigest: digest, imageTags: ['two'] }])
    await user.sh(`crane delete $REGISTRY/${name}@${digest}`)
    expect(await imagesOf(ecr, name)).toEqual([])
    expect((await user.failing(`crane digest $REGISTRY/${name}:two`)).stderr).toContain('404')
  })

  // The rest is the same by whatever scheme.
  if (scheme === 'https') return

  it('is told that a repository is missing', async ({ user }) => {
    await anOciLayout(user, 'layout')
    const { stderr } = await user.failing('crane push layout $REGISTRY/nowhere:1')
    expect(stderr).toContain(
      "NAME_UNKNOWN: The repository with name 'nowhere' does not exist in the registry with id '000000000000'",
    )
  })

  it('builds Docker images by streaming layers', async ({ user }) => {
    const name = await aRepository(ecr.client())
    const target = `$REGISTRY/${name}:docker`
    await user.write('greeting.txt', 'hello')
    await user.sh(`tar -cf - greeting.txt | crane append -f - -t ${target}`)
    await user.sh(`crane mutate --label story=whole ${target}`)

    const [first, second] = await imagesOf(ecr, name)
    expect(first).toMatchObject({ imageManifestMediaType: DOCKER_MANIFEST })
    expect(first).not.toHaveProperty('imageTags')
    expect(second).toMatchObject({ imageManifestMediaType: DOCKER_MANIFEST, imageTags: ['docker'] })
    expect(JSON.parse(await user.sh(`crane config ${target}`)).config.Labels).toEqual({ story: 'whole' })
    expect(await user.sh(`crane export ${target} - | tar -xO greeting.txt`)).toBe('hello')
  })

  it('makes an index of two platforms and finds each in it', async ({ user }) => {
    const name = await aRepository(ecr.client())
    const arm = await anOciLayout(user, 'arm', ['arm64'])
    const intel = await anOciLayout(user, 'intel', ['amd64'])
    await user.sh(`crane push arm $REGISTRY/${name}:arm && crane push intel $REGISTRY/${name}:intel`)
    await user.sh(
      `crane index append -m $REGISTRY/${name}:arm -m $REGISTRY/${name}:intel -t $REGISTRY/${name}:all`,
    )

    const digestFor = (platform: string): Promise<string> =>
      user.sh(`crane digest --platform ${platform} $REGISTRY/${name}:all`)
    expect(await digestFor('linux/arm64')).toBe(arm.digest)
    expect(await digestFor('linux/amd64')).toBe(intel.digest)
    const images = await imagesOf(ecr, name)
    expect(images.map(({ imageTags }) => imageTags)).toEqual([['arm'], ['intel'], ['all']])
    expect(images[2]).toMatchObject({
      imageDigest: await user.sh(`crane digest $REGISTRY/${name}:all`),
      imageManifestMediaType: OCI_INDEX,
      imageSizeInBytes: Math.max(...images.slice(0, 2).map(({ imageSizeInBytes = 0 }) => imageSizeInBytes)),
    })
  })

  it('pushes an index whole', async ({ user }) => {
    const name = await aRepository(ecr.client())
    const { digest, text } = await anOciLayout(user, 'layout', ['amd64', 'arm64'])
    await user.sh(`crane push --index layout $REGISTRY/${name}:both`)
    // Of the layout's own index, crane makes the index that it pushes: one level above the one that was made.
    const pushed = JSON.parse(await user.sh(`crane manifest $REGISTRY/${name}:both`))
    expect(pushed.manifests.map((child: { digest: string }) => child.digest)).toEqual([digest])
    expect(await user.sh(`crane manifest $REGISTRY/${name}@${digest}`)).toBe(text)
  })

  it('copies an index to another repository, mounting its layers', async ({ user }) => {
    const [from, to] = [await aRepository(ecr.client()), await aRepository(ecr.client())]
    await anOciLayout(user, 'layout', ['amd64', 'arm64'])
    await user.sh(`crane push --index layout $REGISTRY/${from}:v1`)
    const progress = await user.sh(`crane copy $REGISTRY/${from}:v1 $REGISTRY/${to}:v2 2>&1`)
    expect(progress.match(/mounted blob/g)).toHaveLength(4)

    expect(await user.sh(`crane digest $REGISTRY/${to}:v2`)).toBe(
      await user.sh(`crane digest $REGISTRY/${from}:v1`),
    )
    const digestsOf = async (name: string): Promise<unknown[]> =>
      (await imagesOf(ecr, name)).map(({ imageDigest }) => imageDigest).sort()
    expect(await digestsOf(to)).toEqual(await digestsOf(from))
  })

  it('pulls an image that came by UploadLayerPart and PutImage', async ({ user }) => {
    const client = ecr.client()
    const name = await aRepository(client)
    const { text, images } = await anOciLayout(user, 'layout')
    for (const { digest } of images.flatMap(({ config, layer }) => [config, layer]))
      await aLayer(client, name, await user.read(`layout/blobs/${digest.replace(':', '/')}`))
    await client.send(new PutImageCommand({ repositoryName: name, imageManifest: text, imageTag: 'api' }))

    await user.sh(`crane pull --format=oci $REGISTRY/${name}:api pulled && diff -r layout/blobs pulled/blobs`)
    expect(
      await user.sh(`crane export $REGISTRY/${name}:api - | tar -xO random.txt | head -c 4`),
    ).toHaveLength(4)
  })
})
