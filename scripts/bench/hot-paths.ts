import { randomBytes } from 'node:crypto'
import { Agent, request } from 'node:http'
import { OCI_CONFIG, OCI_MANIFEST } from '../../src/rules/media-types.ts'
import { manifestText, sha256 } from '../../test/support/content.ts'
import { plainClient } from '../../test/support/plain-client.ts'
import { launch } from '../../test/support/program.ts'

/*
 * Sends the requests that clients send most to the built program, so many of each and so many at a time, and
 * prints how many it answers in a second, and how long half and 99 of 100 of them take at most:
 *
 *   npx tsx scripts/bench/hot-paths.ts [REQUESTS] [AT_A_TIME]
 */

const requests = Number(process.argv[2] ?? 2000)
const atATime = Number(process.argv[3] ?? 8)

interface Sent {
  readonly method: string
  readonly path: string
  readonly headers?: Record<string, string>
  readonly body?: Uint8Array | string
}

const program = await launch(['--in-memory', '--log-level', 'error'])
const client = await plainClient(program.url)
const { body: tokens } = await client.call('GetAuthorizationToken', {})
const authorization = `Basic ${tokens.authorizationData[0].authorizationToken}`
const agent = new Agent({ keepAlive: true, maxSockets: atATime })

/** Over plain sockets: fetch would be measured more than the server. */
function send({ method, path, headers = {}, body }: Sent): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = { agent, method, headers: { authorization, ...headers } }
    const sent = request(new URL(path, program.url), options, (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0))
    })
    sent.once('error', reject).end(body)
  })
}

async function measure(name: string, expected: number, next: (index: number) => Sent[]): Promise<void> {
  const times: number[] = []
  let index = 0
  const work = async (): Promise<void> => {
    while (index < requests) {
      const sequence = next(index++)
      const startedAt = performance.now()
      for (const one of sequence) {
        const status = await send(one)
        if (status !== expected) throw new Error(`${name}: ${one.method} ${one.path} answered ${status}`)
      }
      times.push(performance.now() - startedAt)
    }
  }
  const startedAt = performance.now()
  await Promise.all(Array.from({ length: atATime }, work))
  const perSecond = (requests / (performance.now() - startedAt)) * 1000
  times.sort((a, b) => a - b)
  const at = (share: number): string => (times[Math.floor(times.length * share)] as number).toFixed(2)
  console.log(
    `${name.padEnd(24)} ${perSecond.toFixed(0).padStart(6)}/s   half in ${at(0.5)} ms, 99 % in ${at(0.99)} ms`,
  )
}

const name = 'bench'
const blobs = `/v2/${name}/blobs`
const manifests = `/v2/${name}/manifests`
const manifestHeaders = { 'content-type': OCI_MANIFEST }

function blob(bytes: Uint8Array): Sent {
  return { method: 'POST', path: `${blobs}/uploads/?digest=${sha256(bytes)}`, body: bytes }
}

function api(operation: string, input: object): Sent {
  const target = `AmazonEC2ContainerRegistry_V20150921.${operation}`
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target }
  return { method: 'POST', path: '/', headers, body: JSON.stringify(input) }
}

const config = randomBytes(1024)
const configDigest = sha256(config)
const image = manifestText({ mediaType: OCI_CONFIG, digest: configDigest, size: config.length }, [])
await client.call('CreateRepository', { repositoryName: name })
await send(blob(config))
await send({ method: 'PUT', path: `${manifests}/v1`, headers: manifestHeaders, body: image })

await measure('GET manifest by tag', 200, () => [{ method: 'GET', path: `${manifests}/v1` }])
await measure('HEAD manifest by digest', 200, () => [
  { method: 'HEAD', path: `${manifests}/${sha256(image)}` },
])
await measure('HEAD blob', 200, () => [{ method: 'HEAD', path: `${blobs}/${configDigest}` }])
await measure('GET blob of 1 KiB', 200, () => [{ method: 'GET', path: `${blobs}/${configDigest}` }])
await measure('push of blob and image', 201, (index) => {
  const bytes = Buffer.from(`blob ${index}`)
  const layer = { mediaType: OCI_CONFIG, digest: sha256(bytes), size: bytes.length }
  const text = manifestText(layer, [])
  return [
    blob(bytes),
    { method: 'PUT', path: `${manifests}/t${index}`, headers: manifestHeaders, body: text },
  ]
})
await measure('DescribeImages by tag', 200, () => [
  api('DescribeImages', { repositoryName: name, imageIds: [{ imageTag: 'v1' }] }),
])
await measure('DescribeImages, 100', 200, () => [
  api('DescribeImages', { repositoryName: name, maxResults: 100 }),
])
agent.destroy()
await program.stop()
