import { describe, expect } from 'vitest'
import { OCI_CONFIG } from '../../src/rules/media-types.ts'
import { clientTest, imagesOf, SCHEMES } from '../support/clients.ts'
import { anImage, aRepository, sha256 } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'

describe.concurrent.each(SCHEMES)('boto3 over %s', { timeout: 60_000 }, (scheme) => {
  const ecr = emulator({ tls: scheme === 'https' })
  const it = clientTest(['python-boto3'], ecr, scheme)

  it('uploads an image in parts and downloads the same bytes', async ({ user }) => {
    const name = await aRepository(ecr.client())
    await user.sh('head -c 6000000 /dev/urandom > layer && printf {} > config')
    await user.write(
      'upload.py',
      `import boto3, hashlib, json, urllib.request
ecr, repository = boto3.client('ecr'), {'repositoryName': '${name}'}

def upload(file, media_type, part_size=5 * 1024 * 1024):
    content = open(file, 'rb').read()
    upload_id = ecr.initiate_layer_upload(**repository)['uploadId']
    for first in range(0, len(content), part_size):
        part = content[first:first + part_size]
        last = first + len(part) - 1
        answer = ecr.upload_layer_part(**repository, uploadId=upload_id, layerPartBlob=part,
                                       partFirstByte=first, partLastByte=last)
        assert answer['lastByteReceived'] == last, answer
    digest = 'sha256:' + hashlib.sha256(content).hexdigest()
    ecr.complete_layer_upload(**repository, uploadId=upload_id, layerDigests=[digest])
    return {'mediaType': media_type, 'digest': digest, 'size': len(content)}

manifest = json.dumps({'schemaVersion': 2, 'mediaType': 'application/vnd.oci.image.manifest.v1+json',
                       'config': upload('config', '${OCI_CONFIG}'), 'layers': [upload('layer', 'text/plain')]})
ecr.put_image(**repository, imageManifest=manifest, imageTag='v1')

image, = ecr.batch_get_image(**repository, imageIds=[{'imageTag': 'v1'}])['images']
layer, = json.loads(image['imageManifest'])['layers']
url = ecr.get_download_url_for_layer(**repository, layerDigest=layer['digest'])['downloadUrl']
open('downloaded', 'wb').write(urllib.request.urlopen(url).read())
print(image['imageId']['imageDigest'], image['imageManifest'])
`,
    )
    const [, digest, manifest = ''] = /^(\S+) (.*)$/.exec(await user.sh('python-boto3 upload.py')) ?? []
    expect(digest).toBe(sha256(manifest))
    expect(await imagesOf(ecr, name)).toMatchObject([
      { imageDigest: digest, imageTags: ['v1'], imageSizeInBytes: 6_000_002, artifactMediaType: OCI_CONFIG },
    ])
    await user.sh('cmp layer downloaded')
  })

  // The rest is the same by whatever scheme.
  if (scheme === 'https') return

  it('pages, parses times, and raises the errors of ECR', async ({ user }) => {
    const name = await aRepository(ecr.client())
    for (const imageTag of ['a', 'b', 'c']) await anImage(ecr.client(), name, { imageTag })
    await user.write(
      'describe.py',
      `import boto3, datetime
ecr = boto3.client('ecr')
pages = list(ecr.get_paginator('describe_images').paginate(
    repositoryName='${name}', PaginationConfig={'PageSize': 2}))
images = [image for page in pages for image in page['imageDetails']]
age = datetime.datetime.now(datetime.timezone.utc) - images[0]['imagePushedAt']
print(len(pages), *(image['imageTags'][0] for image in images), age < datetime.timedelta(hours=1))
try:
    ecr.describe_images(repositoryName='nowhere')
except ecr.exceptions.RepositoryNotFoundException as error:
    print(error.response['Error']['Message'])
`,
    )
    expect((await user.sh('python-boto3 describe.py')).split('\n')).toEqual([
      '2 a b c True',
      "The repository with name 'nowhere' does not exist in the registry with id '000000000000'",
    ])
  })
})
