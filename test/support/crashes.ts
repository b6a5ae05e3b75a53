import { randomBytes, randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { OCI_CONFIG, OCI_INDEX, OCI_MANIFEST } from '../../src/rules/media-types.ts'
import { aName, type Descriptor, indexText, manifestText, OCI_LAYER, sha256 } from './content.ts'
import { collect, contentsOf } from './data-directory.ts'
import { type PlainClient, plainClient } from './plain-client.ts'
import { launch } from './program.ts'

interface TaggedImage {
  readonly name: string
  readonly tag: string
  readonly digest: string
}

/** What was acknowledged, and must be so whatever happens afterwards. */
interface Acknowledged {
  readonly repositories: string[]
  readonly blobs: { readonly name: string; readonly digest: string }[]
  readonly images: TaggedImage[]
  readonly deleted: TaggedImage[]
  /** Uploads that are open, by their path, and of how many bytes of what. */
  readonly uploads: Map<string, { readonly name: string; readonly bytes: Buffer; readonly received: number }>
}

const nothing = (): Acknowledged => ({
  repositories: [],
  blobs: [],
  images: [],
  deleted: [],
  uploads: new Map(),
})

export interface Round {
  /** Acknowledgements by what was acknowledged, of this round. */
  readonly acknowledged: Readonly<Record<keyof Acknowledged, number>>
  /** Bytes that were acknowledged and read back. */
  readonly readBytes: number
  /** What is not as it should be. */
  readonly damages: readonly string[]
}

const WORKERS = 16
const MAX_BLOB_BYTES = 200_000

/**
 * Kills the program when it has given so many answers in the middle of pushes at both doors, starts it anew,
 * and looks for what was acknowledged and is not there, and for what is there by half. Rounds share the
 * directory.
 */
export function crashes(dataDir: string): (answers: number) => Promise<Round> {
  const all = nothing()
  return async (answers) => {
    const acknowledged = await pushUntilKilled(dataDir, answers)
    all.repositories.push(...acknowledged.repositories)
    all.images.push(...acknowledged.images)
    all.deleted.push(...acknowledged.deleted)
    const damages = filesWithWrongNames(dataDir)

    const program = await launch(['--data-dir', dataDir, '--log-level', 'error'])
    const client = await plainClient(program.url)
    const back = await readBack(client, acknowledged)
    damages.push(...back.damages, ...(await brokenOf(client, all)))
    for (const [path, upload] of acknowledged.uploads) damages.push(...(await resume(client, path, upload)))
    await collect(program.url)
    damages.push(...(await leftoversOf(client, dataDir, program.url)))
    const { stderr } = await program.stop()
    if (stderr) damages.push(stderr)
    const { repositories, blobs, images, deleted, uploads } = acknowledged
    const counts = {
      repositories: repositories.length,
      blobs: blobs.length,
      images: images.length,
      deleted: deleted.length,
      uploads: uploads.size,
    }
    return { acknowledged: counts, readBytes: back.readBytes, damages }
  }
}

async function pushUntilKilled(dataDir: string, answers: number): Promise<Acknowledged> {
  const program = await launch(['--data-dir', dataDir, '--log-level', 'error'])
  const acknowledged = nothing()
  let left = answers
  const client = watched(await plainClient(program.url), () => {
    left -= 1
    if (left === 0) program.process.kill('SIGKILL')
  })
  const shared = aName('shared')
  await client.call('CreateRepository', { repositoryName: shared })
  acknowledged.repositories.push(shared)
  const work = async (worker: number): Promise<void> => {
    for (let turn = worker; ; turn += 1) await push(client, acknowledged, shared, turn)
  }
  const workers = Array.from({ length: WORKERS }, (_, worker) =>
    work(worker).catch((error: unknown) => {
      // A connection that ends is what is asked for here; an answer that says no is not.
      if (left > 0 || error instanceof Refusal) throw error
    }),
  )
  await Promise.all(workers)
  await program.stop('SIGKILL')
  return acknowledged
}

/** Tells of each answer that comes. */
function watched({ call, send }: PlainClient, onAnswer: () => void): PlainClient {
  const tell = <Answer>(answer: Answer): Answer => {
    onAnswer()
    return answer
  }
  return {
    call: (operation, input) => call(operation, input).then(tell),
    send: (method, path, init) => send(method, path, init).then(tell),
  }
}

class Refusal extends Error {}

function mustBe(status: number, { status: answered }: { status: number }, what: string): void {
  if (answered !== status) throw new Refusal(`${what}: ${answered}`)
}

/** Pushes an image and an index of it, to a repository of its own or to one that all push to; deletes some. */
async function push(
  client: PlainClient,
  acknowledged: Acknowledged,
  shared: string,
  turn: number,
): Promise<void> {
  let name = shared
  if (turn % 3 === 0) {
    name = aName('own')
    mustBe(200, await client.call('CreateRepository', { repositoryName: name }), 'CreateRepository')
    acknowledged.repositories.push(name)
  }
  const upload = [uploadAtOnce, uploadInChunks, uploadInParts][turn % 3] as typeof uploadAtOnce
  const blobs: Descriptor[] = []
  for (const mediaType of [OCI_CONFIG, OCI_LAYER]) {
    const bytes = randomBytes(randomInt(1, MAX_BLOB_BYTES))
    await upload(client, acknowledged, name, bytes)
    blobs.push({ mediaType, digest: sha256(bytes), size: bytes.length })
    acknowledged.blobs.push({ name, digest: sha256(bytes) })
  }
  const [config, layer] = blobs as [Descriptor, Descriptor]
  const text = manifestText(config, [layer])
  await putManifest(client, acknowledged, name, OCI_MANIFEST, text, turn)
  const image = { mediaType: OCI_MANIFEST, digest: sha256(text), size: text.length }
  await putManifest(client, acknowledged, name, OCI_INDEX, indexText([image]), turn + 1)
  if (turn % 4 === 0) await deleteNewest(client, acknowledged)
}

async function deleteNewest({ call }: PlainClient, { images, deleted }: Acknowledged): Promise<void> {
  // From here on it may be there or not, until it is acknowledged that it is not.
  const newest = images.pop() as TaggedImage
  const input = { repositoryName: newest.name, imageIds: [{ imageTag: newest.tag }] }
  const answer = await call('BatchDeleteImage', input)
  mustBe(200, answer, 'BatchDeleteImage')
  // The newest may be an image that an index of another turn holds by now: then it stays.
  if (answer.body.failures.length === 0) deleted.push(newest)
}

async function putManifest(
  client: PlainClient,
  { images }: Acknowledged,
  name: string,
  mediaType: string,
  text: string,
  turn: number,
): Promise<void> {
  const tag = aName('tag')
  if (turn % 2 === 0) {
    const input = { repositoryName: name, imageManifest: text, imageTag: tag }
    mustBe(200, await client.call('PutImage', input), 'PutImage')
  } else {
    const init = { headers: { 'content-type': mediaType }, body: text }
    mustBe(201, await client.send('PUT', `/v2/${name}/manifests/${tag}`, init), 'PUT manifest')
  }
  images.push({ name, tag, digest: sha256(text) })
}

async function uploadAtOnce(
  client: PlainClient,
  _: Acknowledged,
  name: string,
  bytes: Buffer,
): Promise<void> {
  const path = `/v2/${name}/blobs/uploads/?digest=${sha256(bytes)}`
  mustBe(201, await client.send('POST', path, { body: bytes }), 'POST blob')
}

async function uploadInChunks(
  client: PlainClient,
  { uploads }: Acknowledged,
  name: string,
  bytes: Buffer,
): Promise<void> {
  const begun = await client.send('POST', `/v2/${name}/blobs/uploads/`)
  mustBe(202, begun, 'POST upload')
  const path = begun.headers.get('location') as string
  uploads.set(path, { name, bytes, received: 0 })
  const middle = Math.floor(bytes.length / 2)
  for (const [first, end] of [
    [0, middle],
    [middle, bytes.length],
  ] as const) {
    const body = bytes.subarray(first, end)
    mustBe(202, await client.send('PATCH', path, { body }), 'PATCH')
    uploads.set(path, { name, bytes, received: end })
  }
  uploads.delete(path)
  mustBe(201, await client.send('PUT', `${path}?digest=${sha256(bytes)}`), 'PUT blob')
}

async function uploadInParts(
  { call }: PlainClient,
  _: Acknowledged,
  repositoryName: string,
  bytes: Buffer,
): Promise<void> {
  const begun = await call('InitiateLayerUpload', { repositoryName })
  mustBe(200, begun, 'InitiateLayerUpload')
  const upload = { repositoryName, uploadId: begun.body.uploadId }
  const part = { partFirstByte: 0, partLastByte: bytes.length - 1, layerPartBlob: bytes.toString('base64') }
  mustBe(200, await call('UploadLayerPart', { ...upload, ...part }), 'UploadLayerPart')
  const completed = await call('CompleteLayerUpload', { ...upload, layerDigests: [sha256(bytes)] })
  mustBe(200, completed, 'CompleteLayerUpload')
}

function filesWithWrongNames(dataDir: string): string[] {
  return contentsOf(dataDir)
    .blobFiles()
    .filter((digest) => {
      const hex = digest.slice('sha256:'.length)
      return sha256(readFileSync(join(dataDir, 'blobs', 'sha256', hex.slice(0, 2), hex))) !== digest
    })
    .map((digest) => `the file of ${digest} has other bytes`)
}

/** Reads blobs and manifests that were acknowledged; what does not come back whole is damage. */
async function readBack(
  client: PlainClient,
  { blobs, images }: Acknowledged,
): Promise<Pick<Round, 'readBytes' | 'damages'>> {
  const damages: string[] = []
  let readBytes = 0
  const expectToRead = async (path: string, digest: string): Promise<void> => {
    const answer = await client.send('GET', path)
    const bytes = Buffer.from(await answer.arrayBuffer())
    if (sha256(bytes) === digest) readBytes += bytes.length
    else damages.push(`${path}: ${answer.status}`)
  }
  for (const { name, digest } of blobs) await expectToRead(`/v2/${name}/blobs/${digest}`, digest)
  for (const { name, tag, digest } of images) {
    await expectToRead(`/v2/${name}/manifests/${tag}`, digest)
    await expectToRead(`/v2/${name}/manifests/${digest}`, digest)
  }
  return { readBytes, damages }
}

/** What of all rounds is not listed, or is although it was deleted, and manifests that lack something. */
async function brokenOf(
  client: PlainClient,
  { repositories, images, deleted }: Acknowledged,
): Promise<string[]> {
  const damages: string[] = []
  const listed = new Set<string>()
  for (const name of await namesOf(client)) {
    listed.add(name)
    const { tags } = await json(client.send('GET', `/v2/${name}/tags/list`))
    for (const tag of tags as string[]) {
      listed.add(`${name}:${tag}`)
      const manifest = await json(client.send('GET', `/v2/${name}/manifests/${tag}`))
      const { config, layers = [], manifests = [] } = manifest
      const parts = [
        ...[config, ...layers].filter(Boolean).map(({ digest }) => `/v2/${name}/blobs/${digest}`),
        ...manifests.map(({ digest }: Descriptor) => `/v2/${name}/manifests/${digest}`),
      ]
      for (const part of parts) {
        const { status } = await client.send('HEAD', part)
        if (status !== 200) damages.push(`${name}:${tag} lacks ${part}: ${status}`)
      }
    }
  }
  const expected = [...repositories, ...images.map(({ name, tag }) => `${name}:${tag}`)]
  const gone = deleted.map(({ name, tag }) => `${name}:${tag}`)
  return [
    ...damages,
    ...expected.filter((one) => !listed.has(one)).map((one) => `${one} is not listed`),
    ...gone.filter((one) => listed.has(one)).map((one) => `${one} is listed`),
  ]
}

async function namesOf(client: PlainClient): Promise<string[]> {
  return (await json(client.send('GET', '/v2/_catalog'))).repositories
}

// biome-ignore lint/suspicious/noExplicitAny: what is not as it should be shows
async function json(answer: Promise<Response>): Promise<any> {
  return (await answer).json()
}

/** Goes on with an upload from where the server says that it is. */
async function resume(
  client: PlainClient,
  path: string,
  { name, bytes, received }: { name: string; bytes: Buffer; received: number },
): Promise<string[]> {
  const state = await client.send('GET', path)
  const last = Number(state.headers.get('range')?.split('-')[1])
  // A range can't say "none": 0-0 is no byte or one.
  const offset = last === 0 ? received : last + 1
  if (state.status !== 204 || offset < received) return [`${path}: ${state.status}, ${offset} of ${received}`]
  const digest = sha256(bytes)
  const ended = await client.send('PUT', `${path}?digest=${digest}`, { body: bytes.subarray(offset) })
  if (ended.status !== 201) return [`${path} can't be ended: ${ended.status} ${await ended.text()}`]
  return [...(await readBack(client, { ...nothing(), blobs: [{ name, digest }] })).damages]
}

/** Files that nobody owns after they were collected: blobs that are no layer, uploads that nobody knows. */
async function leftoversOf(client: PlainClient, dataDir: string, url: string): Promise<string[]> {
  const contents = contentsOf(dataDir)
  const { layers } = await json(fetch(new URL('/_ecr-local/info', url)))
  const names = await namesOf(client)
  const leftovers: string[] = []
  if (contents.blobs().length !== layers.count)
    leftovers.push(`${contents.blobs().length} blobs, ${layers.count} layers`)
  for (const id of contents.uploads()) {
    const paths = names.map((name) => `/v2/${name}/blobs/uploads/${id}`)
    const statuses = await Promise.all(paths.map(async (path) => (await client.send('GET', path)).status))
    if (!statuses.includes(204)) leftovers.push(`a file of the unknown upload ${id}`)
  }
  return leftovers
}
