import { randomBytes, randomInt } from 'node:crypto'
import { OCI_CONFIG, OCI_MANIFEST } from '../../../src/rules/media-types.ts'
import { aName, type Descriptor, manifestText, OCI_LAYER, sha256 } from '../../../test/support/content.ts'
import { collect } from '../../../test/support/data-directory.ts'
import type { PlainClient } from '../../../test/support/plain-client.ts'

/** Images of a repository before it is deleted, so that what is kept does not grow. */
const IMAGES = 20

/** Work without a client: pushes, pulls, lists and deletions, by every way into a repository and out of it. */
export interface PlainWork {
  /** How many answers came, each as it should be. */
  readonly answers: number
  /** Works until then; throws when anything is answered otherwise. Any number may work at once. */
  work(until: number): Promise<void>
}

export function plainWork(url: string, { call, send }: PlainClient): PlainWork {
  let answers = 0

  function must(status: number, answer: { status: number }, what: string): void {
    if (answer.status !== status) throw new Error(`${what}: ${answer.status}`)
    answers += 1
  }

  async function uploadByRegistry(repositoryName: string, bytes: Buffer): Promise<void> {
    const begun = await send('POST', `/v2/${repositoryName}/blobs/uploads/`)
    const path = begun.headers.get('location') as string
    must(202, await send('PATCH', path, { body: bytes }), 'PATCH')
    must(201, await send('PUT', `${path}?digest=${sha256(bytes)}`), 'PUT blob')
  }

  async function uploadByApi(repositoryName: string, bytes: Buffer): Promise<void> {
    const { uploadId } = (await call('InitiateLayerUpload', { repositoryName })).body
    const upload = { repositoryName, uploadId }
    const part = { partFirstByte: 0, partLastByte: bytes.length - 1, layerPartBlob: bytes.toString('base64') }
    must(200, await call('UploadLayerPart', { ...upload, ...part }), 'UploadLayerPart')
    const complete = await call('CompleteLayerUpload', { ...upload, layerDigests: [sha256(bytes)] })
    must(200, complete, 'CompleteLayerUpload')
  }

  /** Pushes an image under the tag `v<turn>`, and answers with the digest of its layer. */
  async function push(repositoryName: string, turn: number): Promise<string> {
    const upload = turn % 2 === 0 ? uploadByRegistry : uploadByApi
    const blobs: Descriptor[] = []
    for (const mediaType of [OCI_CONFIG, OCI_LAYER]) {
      const bytes = randomBytes(randomInt(1, 300_000))
      await upload(repositoryName, bytes)
      blobs.push({ mediaType, digest: sha256(bytes), size: bytes.length })
    }
    const [config, layer] = blobs as [Descriptor, Descriptor]
    const headers = { 'content-type': OCI_MANIFEST }
    const body = manifestText(config, [layer])
    const put = await send('PUT', `/v2/${repositoryName}/manifests/v${turn}`, { headers, body })
    must(201, put, 'PUT manifest')
    return layer.digest
  }

  async function read(repositoryName: string, turn: number, digest: string): Promise<void> {
    const manifest = await send('GET', `/v2/${repositoryName}/manifests/v${turn}`)
    must(200, manifest, 'GET manifest')
    await manifest.arrayBuffer()
    const blob = await send('GET', `/v2/${repositoryName}/blobs/${digest}`)
    must(200, blob, 'GET blob')
    if (sha256(Buffer.from(await blob.arrayBuffer())) !== digest) throw new Error(`${digest} has other bytes`)
    const tags = await send('GET', `/v2/${repositoryName}/tags/list`)
    must(200, tags, 'tags/list')
    await tags.arrayBuffer()
    must(200, await call('DescribeImages', { repositoryName }), 'DescribeImages')
    must(400, await call('BatchGetImage', { repositoryName: 'nowhere', imageIds: [{}] }), 'a refusal')
  }

  return {
    get answers() {
      return answers
    },
    async work(until) {
      while (Date.now() < until) {
        const repositoryName = aName('soak')
        must(200, await call('CreateRepository', { repositoryName }), 'CreateRepository')
        for (let turn = 0; turn < IMAGES && Date.now() < until; turn += 1) {
          const digest = await push(repositoryName, turn)
          await read(repositoryName, turn, digest)
          const imageIds = [{ imageTag: `v${turn}` }]
          if (turn % 3 === 0)
            must(200, await call('BatchDeleteImage', { repositoryName, imageIds }), 'delete')
        }
        must(200, await call('DeleteRepository', { repositoryName, force: true }), 'DeleteRepository')
        await collect(url)
      }
    },
  }
}
