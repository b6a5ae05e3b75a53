import { randomBytes, randomInt } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setInterval } from 'node:timers'
import { OCI_CONFIG, OCI_MANIFEST } from '../../src/rules/media-types.ts'
import { aName, type Descriptor, manifestText, OCI_LAYER, sha256 } from '../../test/support/content.ts'
import { collect } from '../../test/support/data-directory.ts'
import { currentMemory } from '../../test/support/measured.ts'
import { type PlainClient, plainClient } from '../../test/support/plain-client.ts'
import { launch } from '../../test/support/program.ts'

/*
 * Keeps the built program busy with pushes, pulls, lists and deletions at both doors, and prints its memory; fails
 * when anything is not answered as it should be, or when the memory grows:
 *
 *   npx tsx scripts/stress/soak.ts [MINUTES]
 */

const WORKERS = 8
const SAMPLES = 40
/** Images of a repository before it is deleted, so that what is kept does not grow either. */
const IMAGES = 20
/** What the memory of the last quarter may have on top of that of the second. */
const TOLERANCE = 1.15

const minutes = Number(process.argv[2] ?? 10)
const until = Date.now() + minutes * 60_000
const dataDir = mkdtempSync(join(tmpdir(), 'ecr-local-soak-'))
const program = await launch(['--data-dir', dataDir, '--log-level', 'error'])
const client = await plainClient(program.url)

let answers = 0
function must(status: number, answer: { status: number }, what: string): void {
  if (answer.status !== status) throw new Error(`${what}: ${answer.status}`)
  answers += 1
}

async function push({ call, send }: PlainClient, repositoryName: string, turn: number): Promise<string> {
  const blobs: Descriptor[] = []
  for (const mediaType of [OCI_CONFIG, OCI_LAYER]) {
    const bytes = randomBytes(randomInt(1, 300_000))
    const digest = sha256(bytes)
    if (turn % 2 === 0) {
      const begun = await send('POST', `/v2/${repositoryName}/blobs/uploads/`)
      const path = begun.headers.get('location') as string
      must(202, await send('PATCH', path, { body: bytes }), 'PATCH')
      must(201, await send('PUT', `${path}?digest=${digest}`), 'PUT blob')
    } else {
      const { uploadId } = (await call('InitiateLayerUpload', { repositoryName })).body
      const upload = { repositoryName, uploadId }
      const part = {
        partFirstByte: 0,
        partLastByte: bytes.length - 1,
        layerPartBlob: bytes.toString('base64'),
      }
      must(200, await call('UploadLayerPart', { ...upload, ...part }), 'UploadLayerPart')
      const complete = await call('CompleteLayerUpload', { ...upload, layerDigests: [digest] })
      must(200, complete, 'CompleteLayerUpload')
    }
    blobs.push({ mediaType, digest, size: bytes.length })
  }
  const [config, layer] = blobs as [Descriptor, Descriptor]
  const headers = { 'content-type': OCI_MANIFEST }
  const body = manifestText(config, [layer])
  must(201, await send('PUT', `/v2/${repositoryName}/manifests/v${turn}`, { headers, body }), 'PUT manifest')
  return layer.digest
}

async function read({ call, send }: PlainClient, repositoryName: string, turn: number, digest: string) {
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

async function work(): Promise<void> {
  while (Date.now() < until) {
    const repositoryName = aName('soak')
    must(200, await client.call('CreateRepository', { repositoryName }), 'CreateRepository')
    for (let turn = 0; turn < IMAGES && Date.now() < until; turn += 1) {
      const digest = await push(client, repositoryName, turn)
      await read(client, repositoryName, turn, digest)
      const imageIds = [{ imageTag: `v${turn}` }]
      if (turn % 3 === 0)
        must(200, await client.call('BatchDeleteImage', { repositoryName, imageIds }), 'delete')
    }
    must(200, await client.call('DeleteRepository', { repositoryName, force: true }), 'DeleteRepository')
    await collect(program.url)
  }
}

const memory: number[] = []
const sampling = setInterval(
  () => {
    memory.push(Math.round(currentMemory(program.process.pid as number)))
    console.log(
      `${Math.round(minutes * 60 - (until - Date.now()) / 1000)} s: ${memory.at(-1)} MiB, ${answers} answers`,
    )
  },
  (minutes * 60_000) / SAMPLES,
)
await Promise.all(Array.from({ length: WORKERS }, work))
clearInterval(sampling)
const { code, stderr } = await program.stop()
rmSync(dataDir, { recursive: true })

const quarter = (number: number): number => {
  const samples = memory.slice(
    Math.floor((memory.length * (number - 1)) / 4),
    Math.floor((memory.length * number) / 4),
  )
  return samples.reduce((sum, one) => sum + one, 0) / samples.length
}
const [second, last] = [quarter(2), quarter(4)]
console.log(
  `${answers} answers; ${Math.round(second)} MiB in the second quarter, ${Math.round(last)} in the last`,
)
if (stderr) console.error(stderr)
if (stderr || code !== 0 || last > second * TOLERANCE) process.exitCode = 1
