import { callApi, encodeCall, imageInput, output } from '../http/api.ts'
import { Connection } from '../http/connection.ts'
import { Repository } from '../http/registry.ts'
import { demand } from '../http/request.ts'
import { type Content, digestOf, manifestOver, smallImage } from '../image.ts'
import type { Server } from '../server.ts'
import type { Stage } from './scenario.ts'

/** As many of what was made are asked for afterwards; an operation takes no more. */
const CHECKED = 100

/** Operations that do not depend on what is there. */
export const apiCalls: Stage<'token' | 'create' | 'put'> = {
  door: 'api',
  scenarios: [
    { name: 'GetAuthorizationToken, 16 clients', work: 'token', clients: 16 },
    { name: 'CreateRepository, 1 client', work: 'create', clients: 1, writes: true },
    { name: 'CreateRepository, 16 clients', work: 'create', clients: 16, writes: true },
    { name: 'PutImage, 1 client', work: 'put', clients: 1, writes: true },
    { name: 'PutImage, 16 clients', work: 'put', clients: 16, writes: true },
  ],
  async prepare(server) {
    const { config, layer } = await layersIn(server, 'put')
    const token = encodeCall(server, 'GetAuthorizationToken', {})
    const made: string[] = []
    const put = new Map<string, Content>()
    return {
      token: {
        async operation(connection) {
          const { authorizationData } = output(await demand(connection, 200, token))
          const login = Buffer.from(authorizationData[0].authorizationToken, 'base64').toString()
          if (!login.startsWith('AWS:')) throw new Error(`${login} is no login`)
        },
      },
      create: {
        async operation(connection) {
          const repositoryName = `made-${made.length}-${server.port}`
          made.push(repositoryName)
          const { repository } = output(
            await demand(connection, 200, encodeCall(server, 'CreateRepository', { repositoryName })),
          )
          if (repository.repositoryName !== repositoryName) throw new Error(`${repositoryName} was not made`)
        },
        async check() {
          const repositoryNames = sample(made)
          const { repositories } = await callApi(server, 'DescribeRepositories', { repositoryNames })
          if (repositories.length !== repositoryNames.length)
            throw new Error('Not all repositories are there')
        },
      },
      put: {
        async operation(connection) {
          const imageTag = `v${put.size}`
          const manifest = manifestOver(config, layer, imageTag)
          put.set(imageTag, manifest)
          const request = encodeCall(server, 'PutImage', imageInput('put', imageTag, manifest))
          const { image } = output(await demand(connection, 200, request))
          if (image.imageId.imageDigest !== manifest.digest) throw new Error(`${imageTag} has another digest`)
        },
        async check() {
          const tags = sample([...put.keys()])
          const imageIds = tags.map((imageTag) => ({ imageTag }))
          const { images } = await callApi(server, 'BatchGetImage', { repositoryName: 'put', imageIds })
          const digests = new Set(
            images.map((image: { imageManifest: string }) => digestOf(image.imageManifest)),
          )
          if (!tags.every((tag) => digests.has(put.get(tag)?.digest)))
            throw new Error('Not all images are there')
        },
      },
    }
  },
}

/** A repository with a config and a layer, where the server wants them to be there before an image of them. */
async function layersIn(
  server: Server,
  repositoryName: string,
): Promise<{ config: Content; layer: Content }> {
  const repository = await Repository.make(server, repositoryName)
  const { config, layer } = smallImage(repositoryName)
  if (server.peer.doors.includes('registry')) {
    const connection = await Connection.open(server.port)
    await repository.pushBlob(connection, config)
    await repository.pushBlob(connection, layer)
    connection.close()
  }
  return { config, layer }
}

function sample(names: readonly string[]): string[] {
  const step = Math.ceil(names.length / CHECKED)
  return names.filter((_, index) => index % step === 0)
}
