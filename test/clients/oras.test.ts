import { ListImageReferrersCommand } from '@aws-sdk/client-ecr'
import { describe, expect } from 'vitest'
import { OCI_INDEX, OCI_MANIFEST } from '../../src/rules/media-types.ts'
import { AT_AMAZON, clientTest, imagesOf, SCHEMES } from '../support/clients.ts'
import { aRepository, sha256 } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'

const CONFIG_TYPE = 'application/vnd.example.config.v1+json'
const LAYER_TYPE = 'application/vnd.example.layer.v1.tar+gzip'

describe.concurrent.each(SCHEMES)('oras over %s', (scheme) => {
  const ecr = emulator({ tls: scheme === 'https' })
  // Unless told otherwise, it speaks plainly to what is called localhost.
  const it = clientTest(['oras'], ecr, scheme, '127.0.0.1')

  it('pushes an artifact and pulls the same bytes', async ({ user }) => {
    const name = await aRepository(ecr.client())
    await user.write('bundle.bin', 'one')
    await user.write('empty.json', '{}')
    const target = `$REGISTRY/${name}:v1`
    const pushed = JSON.parse(
      await user.sh(
        `oras push --format json --config empty.json:${CONFIG_TYPE} ${target} bundle.bin:${LAYER_TYPE}`,
      ),
    )
    expect(await imagesOf(ecr, name)).toMatchObject([
      {
        imageDigest: pushed.digest,
        imageTags: ['v1'],
        imageManifestMediaType: OCI_MANIFEST,
        artifactMediaType: CONFIG_TYPE,
        imageSizeInBytes: 'one{}'.length,
      },
    ])
    await user.sh(`oras pull -o out ${target} && cmp bundle.bin out/bundle.bin`)
    expect(sha256(await user.sh(`oras manifest fetch ${target}`))).toBe(pushed.digest)
  })

  it('attaches to an artifact, and discovers what is attached', async ({ user }) => {
    const name = await aRepository(ecr.client())
    const subject = `$REGISTRY/${name}:v1`
    await user.write('file', 'content')
    await user.sh(`oras push ${subject} file`)
    await user.sh(`oras attach --artifact-type application/vnd.example.sbom -a made=here ${subject} file`)
    await user.sh(`oras attach --artifact-type application/vnd.example.signature ${subject} file`)

    const discovered = JSON.parse(await user.sh(`oras discover --format json ${subject}`))
    const digests = discovered.referrers.map(({ digest }: { digest: string }) => digest)
    const [image, ...attached] = await imagesOf(ecr, name)
    expect(attached.map(({ imageDigest }) => imageDigest).sort()).toEqual(digests.sort())
    for (const { subjectManifestDigest } of attached) expect(subjectManifestDigest).toBe(image?.imageDigest)
    // Had it found no referrers API, it would have pushed an index under this tag.
    expect((await imagesOf(ecr, name)).flatMap(({ imageTags = [] }) => imageTags)).toEqual(['v1'])

    const { referrers } = await ecr.client().send(
      new ListImageReferrersCommand({
        repositoryName: name,
        subjectId: { imageDigest: image?.imageDigest },
        filter: { artifactTypes: ['application/vnd.example.sbom'] },
      }),
    )
    expect(referrers).toMatchObject([
      { artifactType: 'application/vnd.example.sbom', annotations: { made: 'here' } },
    ])
    const filter = '--artifact-type application/vnd.example.sbom'
    expect(
      JSON.parse(await user.sh(`oras discover --format json ${filter} ${subject}`)).referrers,
    ).toMatchObject([{ digest: referrers?.[0]?.digest }])
  })

  it('copies an artifact with all that is attached to it, to whatever depth', async ({ user }) => {
    const [from, to] = [await aRepository(ecr.client()), await aRepository(ecr.client())]
    await user.write('file', 'content')
    await user.sh(`oras push $REGISTRY/${from}:v1 file`)
    const attach =
      'oras attach --format go-template --template "{{.digest}}" --artifact-type application/vnd.example'
    await user.sh(`digest=$(${attach}.sbom $REGISTRY/${from}:v1 file)
      ${attach}.signature $REGISTRY/${from}@$digest file`)
    await user.sh(`oras cp -r $REGISTRY/${from}:v1 $REGISTRY/${to}:v2`)

    const tree = (name: string, tag: string): Promise<string> =>
      user.sh(`oras discover --depth 9 $REGISTRY/${name}:${tag} | tail -n +2`)
    expect(await tree(to, 'v2')).toContain('application/vnd.example.signature')
    expect(await tree(to, 'v2')).toBe(await tree(from, 'v1'))
  })

  it('makes and changes an index of indexes', async ({ user }) => {
    const name = await aRepository(ecr.client())
    await user.write('file', 'content')
    await user.sh(`for tag in a b; do oras push -a tag=$tag $REGISTRY/${name}:$tag file; done`)
    await user.sh(`oras manifest index create $REGISTRY/${name}:inner a
      oras manifest index create --artifact-type application/vnd.example.set $REGISTRY/${name}:outer inner
      oras manifest index update $REGISTRY/${name}:outer --add b`)

    const digestOf = (tag: string): Promise<string> => user.sh(`oras resolve $REGISTRY/${name}:${tag}`)
    const outer = JSON.parse(await user.sh(`oras manifest fetch $REGISTRY/${name}:outer`))
    expect(outer.manifests.map(({ digest }: { digest: string }) => digest)).toEqual([
      await digestOf('inner'),
      await digestOf('b'),
    ])
    const images = await imagesOf(ecr, name)
    expect(images.at(-1)).toMatchObject({ imageTags: ['outer'], imageManifestMediaType: OCI_INDEX })
    expect(images.at(-2)).not.toHaveProperty('imageTags')
  })

  it('pushes, fetches and deletes blobs, and lists repositories and tags', async ({ user }) => {
    const name = await aRepository(ecr.client(), { repositoryName: 'lists/oras' })
    await user.sh('head -c 300000 /dev/urandom > blob')
    const digest = sha256(await user.read('blob'))
    await user.sh(`oras blob push $REGISTRY/${name} blob`)
    await user.sh(`oras blob fetch --output fetched $REGISTRY/${name}@${digest} && cmp blob fetched`)
    await user.sh(`oras blob delete --force $REGISTRY/${name}@${digest}`)
    await user.failing(`oras blob fetch --descriptor $REGISTRY/${name}@${digest}`)

    await user.sh(`oras push $REGISTRY/${name}:one,three,two blob`)
    expect(await user.sh(`oras repo tags $REGISTRY/${name}`)).toBe('one\nthree\ntwo')
    expect((await user.sh('oras repo ls $REGISTRY')).split('\n')).toContain(name)
    expect(await user.sh('oras repo ls $REGISTRY/lists/')).toBe('oras')
  })

  // The rest is the same by whatever scheme.
  if (scheme === 'https') return

  it('pushes by an artifact type, many layers and a config of no bytes', async ({ user }) => {
    const name = await aRepository(ecr.client())
    await user.sh('for i in 1 2 3 4 5 6; do echo $i > file-$i; done')
    await user.sh(`oras push --artifact-type application/vnd.example.set $REGISTRY/${name}:set file-*`)
    await user.sh(`oras push --config /dev/null:${CONFIG_TYPE} $REGISTRY/${name}:null file-1`)

    const types = (await imagesOf(ecr, name)).map(({ imageTags, artifactMediaType, imageSizeInBytes }) => [
      imageTags?.[0],
      artifactMediaType,
      imageSizeInBytes,
    ])
    expect(types).toEqual([
      ['set', 'application/vnd.example.set', 6 * 2 + '{}'.length],
      ['null', CONFIG_TYPE, 2],
    ])
    await user.sh(
      `oras pull -o out $REGISTRY/${name}:set && for i in 1 2 3 4 5 6; do cmp file-$i out/file-$i; done`,
    )
    await user.sh(
      `oras pull -o null --config config:${CONFIG_TYPE} $REGISTRY/${name}:null && test ! -s null/config`,
    )
  })

  it('keeps an artifact that an index holds', async ({ user }) => {
    const name = await aRepository(ecr.client())
    await user.write('file', 'content')
    await user.sh(
      `oras push $REGISTRY/${name}:held file && oras manifest index create $REGISTRY/${name}:index held`,
    )
    const { stderr } = await user.failing(`oras manifest delete --force $REGISTRY/${name}:held`)
    expect(stderr).toContain('Requested image referenced by manifest list')
    await user.sh(`for tag in index held; do oras manifest delete --force $REGISTRY/${name}:$tag; done`)
    expect(await imagesOf(ecr, name)).toEqual([])
  })

  it('backs a repository up and restores it elsewhere', async ({ user }) => {
    const [from, to] = [await aRepository(ecr.client()), await aRepository(ecr.client())]
    await user.write('file', 'content')
    await user.sh(`oras push $REGISTRY/${from}:v1 file
      oras attach --artifact-type application/vnd.example.sbom $REGISTRY/${from}:v1 file
      oras backup --include-referrers -o backup $REGISTRY/${from}
      oras restore --input backup $REGISTRY/${to}`)
    const contentOf = async (name: string): Promise<unknown> =>
      (await imagesOf(ecr, name)).map(({ imageDigest, imageTags }) => [imageDigest, imageTags]).sort()
    expect(await contentOf(to)).toEqual(await contentOf(from))
  })
})

/** Of the year in which ECR learned artifacts. */
describe.concurrent.each(SCHEMES)('oras 0.8.1 over %s', (scheme) => {
  const ecr = emulator({ tls: scheme === 'https' })
  // It speaks plainly to all loopback addresses.
  const it = clientTest(['oras08'], ecr, scheme, AT_AMAZON)
  const AUTH = '-u AWS -p $PASSWORD'

  it('pushes with a manifest config and pulls by media type', async ({ user }) => {
    const name = await aRepository(ecr.client())
    await user.write('bundle.tar.gz', 'a bundle')
    await user.write('empty-config.json', '{}')
    const target = `$REGISTRY/${name}:opa-demo`
    await user.sh(
      `oras08 push ${target} --manifest-config empty-config.json:${CONFIG_TYPE} bundle.tar.gz:${LAYER_TYPE} ${AUTH}`,
    )
    // Its manifests do not say what they are.
    const [image] = await imagesOf(ecr, name)
    expect(image).toMatchObject({ imageManifestMediaType: OCI_MANIFEST, artifactMediaType: CONFIG_TYPE })
    await user.sh(`oras08 pull ${target} --media-type ${LAYER_TYPE} -o out ${AUTH}
      cmp bundle.tar.gz out/bundle.tar.gz`)
  })

  it('pushes with a config of no bytes, and again over its tag', async ({ user }) => {
    const name = await aRepository(ecr.client())
    const target = `$REGISTRY/${name}:v1`
    for (const content of ['first', 'second']) {
      await user.write('file.txt', content)
      await user.sh(`oras08 push ${target} --manifest-config /dev/null:${CONFIG_TYPE} file.txt ${AUTH}`)
    }
    await user.sh(`oras08 pull -a ${target} -o out ${AUTH} && cmp file.txt out/file.txt`)
    const images = await imagesOf(ecr, name)
    expect(images.map(({ imageTags, imageSizeInBytes }) => [imageTags, imageSizeInBytes])).toEqual([
      [undefined, 'first'.length],
      [['v1'], 'second'.length],
    ])
  })
})
