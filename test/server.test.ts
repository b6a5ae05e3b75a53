import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { Agent, request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CreateRepositoryCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
  ListImagesCommand,
} from '@aws-sdk/client-ecr'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type RunningServer, type ServerOptions, startServer } from '../src/index.ts'
import { anImage } from './support/content.ts'
import { rawExchange, rawRequest } from './support/sockets.ts'

const running: RunningServer[] = []
const directories: string[] = []
afterEach(async () => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  await Promise.all(running.splice(0).map((server) => server.close()))
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true })
})

async function start(options?: ServerOptions): Promise<RunningServer> {
  const server = await startServer(options)
  running.push(server)
  return server
}

function aDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'ecr-local-test-'))
  directories.push(directory)
  return directory
}

const clientOf = ({ url }: RunningServer) =>
  new ECRClient({
    endpoint: url,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  })

const create = (server: RunningServer, repositoryName: string) =>
  clientOf(server).send(new CreateRepositoryCommand({ repositoryName }))

const namesOf = async (server: RunningServer) =>
  (await clientOf(server).send(new DescribeRepositoriesCommand({}))).repositories?.map(
    ({ repositoryName }) => repositoryName,
  )

const loginOf = async (server: RunningServer) => {
  const { authorizationData } = await clientOf(server).send(new GetAuthorizationTokenCommand({}))
  return { authorization: `Basic ${authorizationData?.[0]?.authorizationToken}` }
}

/** What the servers of a test have on the disk when no directory was named: other processes have theirs elsewhere. */
let temporaryDirectory = ''
beforeEach(() => {
  temporaryDirectory = aDirectory()
  vi.stubEnv('TMPDIR', temporaryDirectory)
})
const temporary = () => readdirSync(temporaryDirectory)

describe('startServer', () => {
  it.each<[what: string, options: object, complaint: string]>([
    ['a port that is none', { port: 65_536 }, 'port takes a number from 0 to 65535, not 65536'],
    ['a port that is a text', { port: '80' }, 'port takes a number from 0 to 65535, not "80"'],
    ['half an account', { accountId: '1234' }, 'accountId takes twelve digits, not "1234"'],
    [
      'a region that is none',
      { region: 'EU West' },
      'region takes a region such as eu-west-1, not "EU West"',
    ],
    ['a word for what it may not be', { auth: 'lax' }, 'auth takes open or strict, not "lax"'],
    ['an empty directory name', { dataDir: '' }, 'dataDir takes a directory, not ""'],
    ['nothing for something', { wire: null }, 'wire takes spec or ecr, not null'],
    [
      'an option that is none',
      { dataDirectory: '/tmp' },
      'startServer has no option dataDirectory. See ecr-local --help',
    ],
    [
      'an option that is nearly one',
      { datadir: '/tmp' },
      'startServer has no option datadir. Did you mean dataDir?',
    ],
    [
      'strictness without secrets',
      { auth: 'strict' },
      '--auth strict needs the secrets of the access keys: name their file with --credentials',
    ],
    [
      'a directory for what is kept nowhere',
      { dataDir: '/x', inMemory: true },
      '--in-memory keeps nothing and --data-dir keeps everything: choose one of them',
    ],
  ])('refuses %s', async (_what, options, message) => {
    await expect(startServer(options)).rejects.toMatchObject({ name: 'UnusableConfig', message })
  })

  it('refuses a port that is taken, and leaves nothing behind', async () => {
    const { port } = await start()
    await expect(startServer({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
    expect(temporary()).toHaveLength(1)
  })

  it('needs nothing: it takes a free port of the loopback address and says where', async () => {
    const server = await start()
    expect(server.port).toBeGreaterThan(0)
    expect(server.url).toBe(`http://localhost:${server.port}`)
    expect(server.registry).toBe(`localhost:${server.port}`)
    const { repository } = await create(server, 'charts')
    expect(repository?.repositoryUri).toBe(`${server.registry}/charts`)
    expect(await (await fetch(`${server.url}/_ecr-local/health`)).json()).toMatchObject({ status: 'ok' })
  })

  it('takes options and quotas', async () => {
    const server = await start({
      accountId: '123456789012',
      registryHost: '{account}.dkr.ecr.{region}.localhost:{port}',
      quotas: { repositoriesPerRegistry: 1 },
    })
    const { repository } = await create(server, 'charts')
    expect(repository?.repositoryUri).toBe(`123456789012.dkr.ecr.eu-west-1.localhost:${server.port}/charts`)
    await expect(create(server, 'more')).rejects.toMatchObject({ name: 'LimitExceededException' })
  })

  it('prints nothing', async () => {
    const writes = [process.stdout, process.stderr].map((stream) => vi.spyOn(stream, 'write'))
    const server = await startServer()
    await create(server, 'charts')
    await create(server, 'charts').catch(() => undefined)
    await fetch(`${server.url}/v2/`)
    await server.close()
    for (const write of writes) expect(write).not.toHaveBeenCalled()
  })

  it.each(['application/x-amz-json-1.1', 'application/x-www-form-urlencoded'])(
    'calls a client that breaks off in the middle of %s no fault of its own',
    async (type) => {
      const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
      const server = await start({ logLevel: 'error' })
      // Whatever is loaded by the first of its kind is loaded now.
      await fetch(server.url, { method: 'POST', headers: { 'content-type': type }, body: '' })
      const headers = [`Content-Type: ${type}`, 'Transfer-Encoding: chunked', '']
      await rawExchange(server.port, rawRequest('POST /', headers, 'no length\r\n'))
      await server.close()
      expect(write).not.toHaveBeenCalled()
    },
  )

  it('runs many servers side by side that know nothing of each other', async () => {
    const warnings: string[] = []
    const note = (warning: Error): number => warnings.push(warning.message)
    process.on('warning', note)
    const servers = await Promise.all(Array.from({ length: 20 }, () => start()))
    expect(new Set(servers.map(({ port }) => port)).size).toBe(20)
    await Promise.all(servers.map((server, index) => create(server, `charts-${index}`)))
    expect(await Promise.all(servers.map(namesOf))).toEqual(servers.map((_, index) => [`charts-${index}`]))
    const [first, second] = servers as [RunningServer, RunningServer]
    const headers = await loginOf(first)
    expect((await fetch(`${first.url}/v2/`, { headers })).status).toBe(200)
    expect((await fetch(`${second.url}/v2/`, { headers })).status).toBe(401)

    await Promise.all(servers.map((server) => server.close()))
    expect(temporary()).toEqual([])
    process.off('warning', note)
    expect(warnings.filter((message) => message.includes('leak'))).toEqual([])
  })
})

describe('reset', () => {
  it('makes a server as it was after its start', async () => {
    const server = await start()
    await create(server, 'charts')
    await anImage(clientOf(server), 'charts', { imageTag: 'v1' })
    await server.reset()
    expect(await namesOf(server)).toEqual([])
    await create(server, 'charts')
    const { imageIds } = await clientOf(server).send(new ListImagesCommand({ repositoryName: 'charts' }))
    expect(imageIds).toEqual([])
  })
})

describe('close', () => {
  it('leaves no port open and nothing on the disk, however often it is called', async () => {
    const server = await start()
    await create(server, 'charts')
    expect(temporary()).toHaveLength(1)
    await Promise.all([server.close(), server.close()])
    await server.close()
    expect(temporary()).toEqual([])
    await expect(fetch(server.url)).rejects.toThrow('fetch failed')
    await expect(start({ port: server.port })).resolves.toHaveProperty('port', server.port)
  })

  it('takes no more than a second, with idle connections and a slow upload', async () => {
    const unhandled: unknown[] = []
    const note = (reason: unknown): number => unhandled.push(reason)
    process.on('unhandledRejection', note)
    const server = await start()
    await create(server, 'charts')
    const headers = await loginOf(server)
    const agent = new Agent({ keepAlive: true })
    await new Promise((resolve) =>
      httpRequest(`${server.url}/v2/`, { agent }, (idle) => idle.resume().on('end', resolve)).end(),
    )
    const begun = await fetch(`${server.url}/v2/charts/blobs/uploads/`, { method: 'POST', headers })
    const upload = httpRequest(new URL(begun.headers.get('location') ?? '', server.url), {
      method: 'PATCH',
      headers: { ...headers, 'content-length': 1_000_000 },
    })
    const cut = new Promise((resolve) => upload.once('error', resolve))
    await new Promise((resolve) => upload.write('some bytes', resolve))
    const slowCall = httpRequest(server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-amz-json-1.1', 'content-length': 100 },
    })
    const alsoCut = new Promise((resolve) => slowCall.once('error', resolve))
    await new Promise((resolve) => slowCall.write('{', resolve))

    const startedAt = performance.now()
    await server.close()
    expect(performance.now() - startedAt).toBeLessThan(1000)
    await Promise.all([cut, alsoCut])
    agent.destroy()
    expect(temporary()).toEqual([])
    process.off('unhandledRejection', note)
    expect(unhandled).toEqual([])
  })

  it('lets requests under way have their answer', async () => {
    const server = await start()
    const slow = httpRequest(`${server.url}/`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'AmazonEC2ContainerRegistry_V20150921.CreateRepository',
        'content-length': 27,
      },
    })
    const answered = new Promise<number | undefined>((resolve, reject) => {
      slow.once('response', ({ statusCode }) => resolve(statusCode))
      slow.once('error', reject)
    })
    await new Promise((resolve) => slow.write('{"repositoryName":', resolve))
    // By the time of this answer the server has begun with the other.
    await namesOf(server)
    const closed = server.close()
    slow.end('"charts"}')
    expect(await answered).toBe(200)
    await closed
  })
})

describe('a server with a data directory', () => {
  it('keeps everything, and what it handed out stays good', async () => {
    const dataDir = aDirectory()
    const first = await startServer({ dataDir })
    await create(first, 'charts')
    const { digest } = await anImage(clientOf(first), 'charts', { imageTag: 'v1' })
    const headers = await loginOf(first)
    await first.close()

    const second = await start({ dataDir })
    expect(await namesOf(second)).toEqual(['charts'])
    const answer = await fetch(`${second.url}/v2/charts/manifests/v1`, { headers })
    expect([answer.status, answer.headers.get('docker-content-digest')]).toEqual([200, digest])
    await second.close()
    expect(existsSync(join(dataDir, 'blobs'))).toBe(true)
  })

  it('may be made anew, at any depth', async () => {
    const dataDir = join(aDirectory(), 'a', 'b')
    await start({ dataDir })
    expect(readdirSync(dataDir).sort()).toEqual(expect.arrayContaining(['blobs', 'uploads']))
  })
})
