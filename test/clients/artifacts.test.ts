import { describe, expect } from 'vitest'
import { clientTest, imagesOf } from '../support/clients.ts'
import { aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { jsonOf, registryClient } from '../support/registry.ts'

/** What is neither an image nor a chart nor a policy, each under media types of its own. */
describe.concurrent('artifacts by oras', () => {
  const ecr = emulator()
  const registry = registryClient(ecr)
  const it = clientTest(['oras'], ecr)

  it.for([
    {
      what: 'a Compose file',
      artifactType: 'application/vnd.docker.compose.project',
      layerType: 'application/vnd.docker.compose.file+yaml',
      file: 'compose.yaml',
      content: 'services:\n  web:\n    image: web:1\n',
    },
    {
      what: 'a CloudFormation template',
      artifactType: 'application/vnd.example.cloudformation.template.v1',
      layerType: 'application/vnd.example.cloudformation.template.v1+yaml',
      file: 'template.yaml',
      content: 'Resources:\n  Topic:\n    Type: AWS::SNS::Topic\n',
    },
  ])('keep $what', async ({ artifactType, layerType, file, content }, { user }) => {
    const name = await aRepository(ecr.client())
    await user.write(file, content)
    await user.sh(`oras push --artifact-type ${artifactType} $REGISTRY/${name}:v1 ${file}:${layerType}`)
    expect(await imagesOf(ecr, name)).toMatchObject([
      { imageTags: ['v1'], artifactMediaType: artifactType, imageSizeInBytes: content.length + '{}'.length },
    ])
    const { layers } = await jsonOf(registry.send(`/v2/${name}/manifests/v1`))
    expect(layers).toMatchObject([{ mediaType: layerType, size: content.length }])
    await user.sh(`oras pull -o out $REGISTRY/${name}:v1 && cmp ${file} out/${file}`)
  })

  // As CNAB 211 "Distributing Bundles" lays one out: an index over the bundle file's manifest and the images.
  it('keep a CNAB bundle with its invocation image', async ({ user }) => {
    const name = await aRepository(ecr.client())
    const { digest: invocation } = await registry.pushImage(name)
    await user.write('bundle.json', JSON.stringify({ schemaVersion: 'v1.2.0', name, version: '0.1.0' }))
    const config = 'application/vnd.cnab.config.v1+json'
    await user.sh(`oras push --config bundle.json:${config} $REGISTRY/${name}:config
      oras manifest index create --artifact-type application/vnd.cnab.manifest.v1 \
        --annotation io.cnab.runtime_version=v1.2.0 $REGISTRY/${name}:v1 config ${invocation}`)

    const images = await imagesOf(ecr, name)
    expect(images).toMatchObject([
      { imageDigest: invocation },
      { imageTags: ['config'], artifactMediaType: config },
      { imageTags: ['v1'], artifactMediaType: 'application/vnd.cnab.manifest.v1' },
    ])
    const { manifests, annotations } = await jsonOf(registry.send(`/v2/${name}/manifests/v1`))
    expect(manifests).toMatchObject([{ digest: images[1]?.imageDigest }, { digest: invocation }])
    expect(annotations).toEqual({ 'io.cnab.runtime_version': 'v1.2.0' })
    await user.sh(`oras pull --config pulled.json:${config} -o out $REGISTRY/${name}:config
      cmp bundle.json out/pulled.json`)
  })
})
