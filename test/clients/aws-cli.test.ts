import { DescribeRepositoriesCommand, type ECRClient } from '@aws-sdk/client-ecr'
import { beforeAll, describe, expect } from 'vitest'
import { OCI_CONFIG, OCI_MANIFEST } from '../../src/rules/media-types.ts'
import { clientTest, imagesOf, SCHEMES } from '../support/clients.ts'
import { aLayer, anImage, anIndex, aRepository, manifestText, sha256 } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'

describe.concurrent('aws', { timeout: 60_000 }, () => {
  const ecr = emulator()
  const it = clientTest(['aws', 'curl'], ecr)
  let client: ECRClient
  beforeAll(() => {
    client = ecr.client()
  })

  it('fails in the words of ECR', async ({ user }) => {
    const { exitCode, stderr } = await user.failing('aws ecr list-images --repository-name nowhere')
    expect([254, 255]).toContain(exitCode) // AWS CLI 2, and 1
    expect(stderr.trim()).toMatch(
      /An error occurred \(RepositoryNotFoundException\) when calling the ListImages operation: The repository with name 'nowhere' does not exist in the registry with id '000000000000'$/,
    )
  })

  it('creates, tags, describes and deletes a repository', async ({ user }) => {
    const create = 'aws ecr create-repository --repository-name team/app --image-tag-mutability IMMUTABLE'
    const { repository } = JSON.parse(await user.sh(`${create} --tags Key=team,Value=blue`))
    expect(repository).toMatchObject({
      repositoryUri: `${ecr.server.registry}/team/app`,
      repositoryArn: 'arn:aws:ecr:eu-west-1:000000000000:repository/team/app',
      imageTagMutability: 'IMMUTABLE',
    })
    await user.sh(
      `aws ecr tag-resource --resource-arn ${repository.repositoryArn} --tags Key=stage,Value=test`,
    )
    const tags = `aws ecr list-tags-for-resource --resource-arn ${repository.repositoryArn} --output text`
    expect((await user.sh(`${tags} --query 'tags[].[Key,Value]'`)).split('\n').sort()).toEqual([
      'stage\ttest',
      'team\tblue',
    ])
    const describe = 'aws ecr describe-repositories --repository-names team/app'
    expect(JSON.parse(await user.sh(describe)).repositories).toEqual([repository])
    await user.sh('aws ecr delete-repository --repository-name team/app --force')
    const { repositories } = await client.send(new DescribeRepositoriesCommand({}))
    expect(repositories?.map(({ repositoryName }) => repositoryName)).not.toContain('team/app')
  })

  it('pages by its own flags', async ({ user }) => {
    const name = await aRepository(client)
    for (const imageTag of ['a', 'b', 'c', 'd', 'e']) await anImage(client, name, { imageTag })
    const list = `aws ecr list-images --repository-name ${name}`
    const tagsOf = ({ imageIds }: { imageIds: { imageTag: string }[] }): string[] =>
      imageIds.map(({ imageTag }) => imageTag)
    expect(tagsOf(JSON.parse(await user.sh(`${list} --page-size 2`)))).toEqual(['a', 'b', 'c', 'd', 'e'])
    const first = JSON.parse(await user.sh(`${list} --page-size 2 --max-items 3`))
    expect(tagsOf(first)).toEqual(['a', 'b', 'c'])
    const rest = JSON.parse(await user.sh(`${list} --page-size 2 --starting-token ${first.NextToken}`))
    expect(tagsOf(rest)).toEqual(['d', 'e'])
  })

  it('answers the queries that people write', async ({ user }) => {
    const name = await aRepository(client)
    await anImage(client, name, { imageTag: 'older' })
    const { digest, config, layers } = await anImage(client, name, { imageTag: 'newer' })
    const describe = `aws ecr describe-images --repository-name ${name} --output text`
    expect(
      await user.sh(
        `${describe} --query 'imageDetails[].[imageTags[0],artifactMediaType,imageManifestMediaType,imageSizeInBytes]'`,
      ),
    ).toBe(['older', 'newer'].map((tag) => [tag, OCI_CONFIG, OCI_MANIFEST, 96].join('\t')).join('\n'))
    expect(await user.sh(`${describe} --query 'sort_by(imageDetails,&imagePushedAt)[-1].imageTags[0]'`)).toBe(
      'newer',
    )
    const get = `aws ecr batch-get-image --repository-name ${name} --image-ids imageTag=newer --output text`
    const manifest = JSON.parse(await user.sh(`${get} --query 'images[].imageManifest'`))
    expect(manifest).toMatchObject({ config, layers })
    expect(await user.sh(`${get} --query 'images[0].imageId.imageDigest'`)).toBe(digest)
  })

  // The way that the user guide shows.
  it('retags an image', async ({ user }) => {
    const name = await aRepository(client)
    const { digest } = await anImage(client, name, { imageTag: 'one' })
    await user.sh(`
      MANIFEST=$(aws ecr batch-get-image --repository-name ${name} --image-ids imageTag=one \
        --output text --query 'images[].imageManifest')
      aws ecr put-image --repository-name ${name} --image-tag two --image-manifest "$MANIFEST"`)
    expect(await imagesOf(ecr, name)).toMatchObject([{ imageDigest: digest, imageTags: ['one', 'two'] }])
  })

  it('deletes images, and says which it could not', async ({ user }) => {
    const name = await aRepository(client)
    const held = await anImage(client, name, { imageTag: 'held' })
    const index = await anIndex(client, name, [held])
    await anImage(client, name, { imageTag: 'free' })
    const { imageIds, failures } = JSON.parse(
      await user.sh(
        `aws ecr batch-delete-image --repository-name ${name} --image-ids imageTag=free imageDigest=${held.digest}`,
      ),
    )
    expect(imageIds).toMatchObject([{ imageTag: 'free' }])
    expect(failures).toEqual([
      {
        imageId: { imageDigest: held.digest },
        failureCode: 'ImageReferencedByManifestList',
        failureReason: `Requested image referenced by manifest list: [${index.digest}]`,
      },
    ])
  })

  it('tells who calls, and takes on a role', async ({ user }) => {
    const whoami = 'aws sts get-caller-identity --query Arn --output text'
    expect(await user.sh(whoami, { AWS_ACCESS_KEY_ID: '123456789012' })).toContain(
      'arn:aws:iam::123456789012:',
    )
    const role = 'arn:aws:iam::210987654321:role/deploy'
    const assumed = JSON.parse(
      await user.sh(`aws sts assume-role --role-arn ${role} --role-session-name ci --query Credentials`),
    )
    const variables = {
      AWS_ACCESS_KEY_ID: assumed.AccessKeyId,
      AWS_SECRET_ACCESS_KEY: assumed.SecretAccessKey,
      AWS_SESSION_TOKEN: assumed.SessionToken,
    }
    expect(await user.sh(whoami, variables)).toBe('arn:aws:sts::210987654321:assumed-role/deploy/ci')
    expect(await user.sh('aws ecr describe-registry --query registryId --output text', variables)).toBe(
      '210987654321',
    )
  })

  it('gets a password that the registry takes', async ({ user }) => {
    const status = `curl -so /dev/null -w '%{http_code}' $REGISTRY/v2/`
    expect(await user.sh(status)).toBe('401')
    expect(await user.sh(`${status} -u "AWS:$(aws ecr get-login-password)"`)).toBe('200')
  })
})

describe.concurrent.each(SCHEMES)('aws over %s', { timeout: 60_000 }, (scheme) => {
  const ecr = emulator({ tls: scheme === 'https' })
  const it = clientTest(['aws', 'curl'], ecr, scheme)

  it('uploads an image from files, and downloads a layer', async ({ user }) => {
    const name = await aRepository(ecr.client())
    const config = await aLayer(ecr.client(), name, Buffer.from('{}'), OCI_CONFIG)
    await user.sh('head -c 3000000 /dev/urandom > layer')
    const bytes = await user.read('layer')
    const layer = { mediaType: 'application/octet-stream', digest: sha256(bytes), size: bytes.length }
    await user.write('manifest.json', manifestText(config, [layer]))
    const uploaded = await user.sh(`
      UPLOAD=$(aws ecr initiate-layer-upload --repository-name ${name} --query uploadId --output text)
      aws ecr upload-layer-part --repository-name ${name} --upload-id $UPLOAD --part-first-byte 0 \
        --part-last-byte 2999999 --layer-part-blob fileb://layer --query lastByteReceived
      aws ecr complete-layer-upload --repository-name ${name} --upload-id $UPLOAD \
        --layer-digests ${layer.digest} --query layerDigest --output text
      aws ecr put-image --repository-name ${name} --image-tag one --image-manifest file://manifest.json >image.json`)
    expect(uploaded).toBe(`2999999\n${layer.digest}`)
    expect(await imagesOf(ecr, name)).toMatchObject([
      { imageDigest: sha256(await user.read('manifest.json')), imageTags: ['one'] },
    ])

    await user.sh(`curl -sf "$(aws ecr get-download-url-for-layer --repository-name ${name} \
      --layer-digest ${layer.digest} --query downloadUrl --output text)" | cmp - layer`)
  })
})
