import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import SQLite from 'better-sqlite3'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { plainClient } from '../support/plain-client.ts'
import { launch, type Program, run } from '../support/program.ts'
import { rawRequest } from '../support/sockets.ts'

const directory = mkdtempSync(join(tmpdir(), 'ecr-local-serve-'))
afterAll(() => rmSync(directory, { recursive: true }))
const inDirectory = (name: string) => join(directory, name)

const launched: Program[] = []
afterEach(async () => {
  await Promise.all(launched.splice(0).map((program) => program.stop()))
})

async function start(args: readonly string[] = ['--in-memory'], variables: Record<string, string> = {}) {
  const program = await launch(args, variables)
  launched.push(program)
  return program
}

const configurationOf = async ({ url }: Program) => {
  const info = (await (await fetch(`${url}/_ecr-local/info`)).json()) as { configuration: object }
  return info.configuration
}

describe('serve', () => {
  it('says so when the clock was moved before the restart', async () => {
    const args = ['--data-dir', inDirectory('moved')]
    const first = await start(args)
    const change = { now: '2030-01-01T00:00:00Z', frozen: true }
    await fetch(`${first.url}/_ecr-local/clock`, { method: 'POST', body: JSON.stringify(change) })
    expect((await first.stop()).stderr).not.toContain('the clock was moved')
    const { stderr } = await (await start(args)).stop()
    expect(stderr).toContain('the clock was moved before the restart: it says 2030-01-01T00:00:00.000Z\n')
  })

  it.each([
    [['--prot', '0'], {}, 'There is no option --prot. Did you mean --port?'],
    [['serve', '--port', 'http'], {}, '--port takes a number from 0 to 65535, not "http"'],
    [
      ['--port', '0'],
      { ECR_LOCAL_WIER: 'ecr' },
      'There is no variable ECR_LOCAL_WIER. Did you mean ECR_LOCAL_WIRE?',
    ],
  ])('refuses %j with %j', async (args, variables, message) => {
    expect(await run(args, variables)).toEqual({ code: 2, stdout: '', stderr: `ecr-local: ${message}\n` })
  })

  describe('cannot start', () => {
    let other: Server
    beforeAll(async () => {
      other = createServer()
      await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
      writeFileSync(inDirectory('file'), '')
      writeFileSync(inDirectory('no-json'), '{"ecr-pullthroughcache/hub": hunter2}')
      writeFileSync(inDirectory('no-sections'), 'aws_access_key_id = x\n')
      writeFileSync(inDirectory('no-secret'), '[default]\naws_access_key_id = x\n')
      writeFileSync(
        inDirectory('no-account'),
        '[a]\naws_access_key_id=x\naws_secret_access_key=x\naws_account_id=12\n',
      )
    })
    afterAll(() => other.close())

    const failure = (reason: string) => ({ code: 1, stdout: '', stderr: `ecr-local: ${reason}\n` })

    it('at a port that is taken', async () => {
      const { port } = other.address() as AddressInfo
      expect(await run(['--in-memory', '--port', `${port}`])).toEqual(
        failure(
          `port ${port} is taken; stop what listens there, or choose another with --port (0 takes any free one)`,
        ),
      )
    })

    it.each(['203.0.113.1', 'no-such-host.invalid'])('at the address %s, which is not ours', async (host) => {
      expect(await run(['--in-memory', '--port', '0', '--host', host])).toEqual(
        failure(`this machine has no address ${host}; choose another with --host`),
      )
    })

    it.each(['file', 'file/below'])('in %s, which is no directory', async (name) => {
      const dataDir = inDirectory(name)
      expect(await run(['--port', '0', '--data-dir', dataDir])).toEqual(
        failure(`${dataDir} is not a directory; choose another with --data-dir`),
      )
    })

    it.each([
      [
        'of a newer version',
        'PRAGMA application_id = 0x6563726c; PRAGMA user_version = 99; CREATE TABLE t (a)',
        'was written by a newer ecr-local (schema 99, this one knows \\d+); start that version, or choose another --data-dir',
      ],
      ['of another program', 'CREATE TABLE t (a)', 'is a database of another program'],
    ])('with a database %s, which stays as it is', async (_what, script, reason) => {
      const dataDir = mkdtempSync(inDirectory('data-'))
      const file = join(dataDir, 'metadata.sqlite')
      const database = new SQLite(file)
      database.exec(script)
      database.close()
      const { code, stderr } = await run(['--port', '0', '--data-dir', dataDir])
      expect(code).toBe(1)
      expect(stderr).toMatch(new RegExp(`^ecr-local: ${file} ${reason.replaceAll(/[()]/g, '\\$&')}\n$`))
      expect(readdirSync(dataDir)).not.toContain('blobs')
    })

    it('with a database that is none', async () => {
      const dataDir = mkdtempSync(inDirectory('data-'))
      const file = join(dataDir, 'metadata.sqlite')
      writeFileSync(file, 'not a database, but long enough to be looked at as one'.repeat(100))
      expect(await run(['--port', '0', '--data-dir', dataDir])).toEqual(
        failure(`${file} cannot be used: file is not a database`),
      )
    })

    it('in a directory that may not be written to', async () => {
      // No user may make a directory there; the system says why in its own words.
      const { code, stderr } = await run(['--port', '0', '--data-dir', '/sys/ecr-local'])
      expect(code).toBe(1)
      expect(stderr).toMatch(
        /^ecr-local: E[A-Z]+: .*'\/sys\/ecr-local'; choose a writable directory with --data-dir\n$/,
      )
    })

    it.skipIf(process.platform !== 'linux')('where no directory can be made', async () => {
      expect(await run(['--port', '0', '--data-dir', '/proc/ecr-local'])).toEqual(
        failure('no directory can be made at /proc/ecr-local; choose another with --data-dir'),
      )
    })

    it.each([
      [
        'nowhere',
        (file: string) => `ENOENT: no such file or directory, open '${file}'; name a file that is there`,
      ],
      ['no-sections', (file: string) => `${file}: line 1 is neither [profile] nor name = value`],
      ['no-secret', (file: string) => `${file}: profile default has no aws_secret_access_key`],
      ['no-account', (file: string) => `${file}: aws_account_id of profile a is not twelve digits`],
    ])('with the credentials file %s', async (name, reason) => {
      const file = inDirectory(name)
      expect(await run(['--port', '0', '--in-memory', '--credentials', file])).toEqual(failure(reason(file)))
    })

    it.each([
      [['--secrets', 'file'], "--secrets $file can't be used: It holds no JSON"],
      // What is wrong with it may be a secret.
      [['--secrets', 'no-json'], "--secrets $file can't be used: It holds no JSON"],
      [
        ['--upstream', 'docker.io=http://localhost:5000'],
        '--upstream names "docker.io", which is no registry that ECR pulls through',
      ],
    ])('with %j', async ([flag = '', value = ''], reason) => {
      const given = flag === '--secrets' ? inDirectory(value) : value
      const stderr = `ecr-local: ${reason.replace('$file', given)}\n`
      expect(await run(['--port', '0', '--in-memory', flag, given])).toEqual({ code: 2, stdout: '', stderr })
    })

    it('with a certificate that is none', async () => {
      const file = inDirectory('file')
      const args = ['--port', '0', '--in-memory', '--tls-cert', file, '--tls-key', file]
      const { code, stderr } = await run(args)
      expect([code, stderr]).toEqual([
        1,
        expect.stringContaining(`ecr-local: ${file} with the key ${file} can't be used: `),
      ])
    })

    it('with a directory for a credentials file', async () => {
      expect(await run(['--port', '0', '--in-memory', '--credentials', directory])).toEqual(
        failure(`${directory} is a directory; name a file with --credentials`),
      )
    })
  })

  it('takes flags and variables, and keeps nothing of the credentials file but in its memory', async () => {
    const credentials = inDirectory('credentials')
    writeFileSync(credentials, '[default]\naws_access_key_id = x\naws_secret_access_key = y\n')
    const flags = ['serve', '--auth', 'strict', `--credentials=${credentials}`, '--in-memory']
    const program = await start(flags, { ECR_LOCAL_REGION: 'eu-north-1', ECR_LOCAL_HOST: 'localhost' })
    expect(await configurationOf(program)).toMatchObject({
      auth: 'strict',
      credentials,
      inMemory: true,
      region: 'eu-north-1',
      host: 'localhost',
    })
  })

  it('says what to type next, and nothing else', async () => {
    const program = await start(['--in-memory', '--region', 'eu-west-3', '--log-level', 'silent'])
    const registry = program.url.replace('http://', '')
    expect((await fetch(`${program.url}/v2/`)).status).toBe(401)
    expect(await program.stop()).toEqual({
      code: 0,
      stdout: `ecr-local serves at ${program.url}

  export AWS_ENDPOINT_URL_ECR=${program.url} AWS_REGION=eu-west-3 AWS_DEFAULT_REGION=eu-west-3
  export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
  aws ecr create-repository --repository-name hello
  aws ecr get-login-password | helm registry login -u AWS --password-stdin ${registry} --plain-http

Stop it with Ctrl-C; nothing is kept.
`,
      stderr: '',
    })
  })

  it('says under which URL it speaks HTTPS, and where its CA is', async () => {
    const { url, greeting } = await start(['--in-memory', '--tls', '--log-level', 'silent'])
    expect(greeting.split('\n').slice(0, 3)).toEqual([
      `ecr-local serves at ${url}`,
      `and at ${url.replace('http', 'https')}, certified by the CA at ${url}/_ecr-local/ca.pem`,
      '',
    ])
  })

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'ends at %s whatever is under way, and leaves nothing',
    async (signal) => {
      const temporary = mkdtempSync(inDirectory('tmp-'))
      const program = await start(['--in-memory'], { TMPDIR: temporary })
      expect(readdirSync(temporary)).toHaveLength(1)
      // An upload that nobody ends must not keep it.
      const stuck = fetch(program.url, {
        method: 'POST',
        body: new ReadableStream({ pull: () => new Promise(() => undefined) }),
        duplex: 'half',
      } as RequestInit).catch(() => 'cut')
      expect((await program.stop(signal)).code).toBe(0)
      expect(await stuck).toBe('cut')
      expect(readdirSync(temporary)).toEqual([])
    },
  )

  it.each(['pretty', 'json'])(
    'goes on when nobody reads what it writes, with a log that is %s',
    async (format) => {
      const program = await start(['--in-memory', '--log-format', format])
      program.process.stdout?.destroy()
      program.process.stderr?.destroy()
      for (let times = 0; times < 3; times += 1) expect((await fetch(`${program.url}/v2/`)).status).toBe(401)
      expect((await program.stop()).code).toBe(0)
    },
  )

  it('keeps everything in its data directory from one run to the next', async () => {
    const dataDir = inDirectory('kept')
    const first = await start(['--data-dir', dataDir])
    expect(first.greeting).toContain(`Stop it with Ctrl-C; ${dataDir} keeps everything.\n`)
    await (await plainClient(first.url)).call('CreateRepository', { repositoryName: 'charts' })
    await first.stop()
    const second = await start([], { ECR_LOCAL_DATA_DIR: dataDir })
    const { body } = await (await plainClient(second.url)).call('DescribeRepositories', {})
    expect(body.repositories).toMatchObject([{ repositoryName: 'charts' }])
  })
})

describe('the log', () => {
  /** What the server logs of three requests: of one that is well, one that is refused, one with secrets in it. */
  async function logOf(...args: string[]): Promise<string[]> {
    const program = await start(['--in-memory', ...args])
    await fetch(`${program.url}/_ecr-local/health?secret=1`)
    await fetch(program.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'AmazonEC2ContainerRegistry_V20150921.ListImages',
        authorization: 'AWS4-HMAC-SHA256 Credential=AKIASECRET/20261124/eu-west-1/ecr/aws4_request',
        'x-amz-security-token': 'secret',
      },
      body: '{"repositoryName":"secret"}',
    })
    await fetch(`${program.url}/v2/charts/tags/list`, {
      headers: { authorization: 'Basic c2VjcmV0OnNlY3JldA==' },
    })
    const { stderr } = await program.stop()
    expect(stderr).not.toMatch(/secret|c2Vjcm/i)
    return stderr.split('\n').filter(Boolean)
  }

  it('has a line of JSON for each request', async () => {
    const lines = (await logOf('--log-format', 'json')).map((line) => JSON.parse(line))
    const common = { level: 30, msg: 'request', time: expect.any(Number), milliseconds: expect.any(Number) }
    expect(lines).toMatchObject([
      { ...common, method: 'GET', path: '/_ecr-local/health', status: 200 },
      {
        ...common,
        method: 'POST',
        path: '/',
        operation: 'ListImages',
        status: 400,
        error: 'RepositoryNotFoundException',
      },
      { ...common, method: 'GET', path: '/v2/charts/tags/list', status: 401 },
    ])
  })

  it('has a line for people for each request', async () => {
    const lines = await logOf()
    const texts = lines.map((line) => line.replace(/^[\d:.]{12} /, '').replace(/[\d.]+ ms$/, 'n ms'))
    expect(texts).toEqual([
      'GET /_ecr-local/health 200 n ms',
      'POST / ListImages 400 RepositoryNotFoundException n ms',
      'GET /v2/charts/tags/list 401 n ms',
    ])
  })

  it('names a path as it came, and no operation that has no name', async () => {
    const { url, stop } = await start(['--in-memory'])
    await fetch(`${url}/_ecr-local/nothing`)
    // Terminals that know C1 clear the screen by the first, and go to the next line by the second.
    const target = 'x.\x9b2J\x8512:00:00.000 POST / CreateRepository 200'
    await fetch(url, { method: 'POST', headers: { 'x-amz-target': target } })
    const { stderr } = await stop()
    expect(stderr.replaceAll(/^[\d:.]{12} | [\d.]+ ms$/gm, '')).toBe(
      'GET /_ecr-local/nothing 404\nPOST / 400 UnknownOperationException\n',
    )
  })

  it('names no status of a request that was given up before its answer', async () => {
    const { url, stop } = await start(['--in-memory'])
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    socket.write(rawRequest('POST /', ['Content-Length: 10', 'Expect: 100-continue']))
    await once(socket, 'data')
    socket.destroy()
    await (await fetch(`${url}/_ecr-local/health`)).text()
    const { stderr } = await stop()
    expect(stderr.replaceAll(/^[\d:.]{12} | [\d.]+ ms$/gm, '')).toBe(
      'POST / aborted\nGET /_ecr-local/health 200\n',
    )
  })

  it('has what others say of a failure in lines of its own, without what would move a cursor', async () => {
    const ErrorMessage = 'away\u001b[2J\u009b2J\n12:00:00.000 POST / DeleteRepository 200'
    const bus = createServer((_request, response) => {
      response.end(JSON.stringify({ FailedEntryCount: 1, Entries: [{ ErrorCode: 'Gone', ErrorMessage }] }))
    })
    await new Promise<void>((resolve) => bus.listen(0, '127.0.0.1', resolve))
    const target = `http://localhost:${(bus.address() as AddressInfo).port}`
    const program = await start(['--in-memory', '--eventbridge-url', target])
    const { call } = await plainClient(program.url)
    await call('CreateRepository', { repositoryName: 'charts' })
    const imageManifest =
      '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}'
    let written = ''
    const isTold = new Promise<void>((resolve) => {
      program.process.stderr?.on('data', (text: string) => {
        written += text
        if (written.includes('DeleteRepository')) resolve()
      })
    })
    await call('PutImage', { repositoryName: 'charts', imageManifest, imageTag: 'v1' })
    await isTold
    bus.close()
    expect(written).toMatch(/^[\d:.]{12} fault Error: .* refused an event: Gone away\[2J2J$/m)
    expect(written).not.toMatch(/^12:00:00\.000/m)
  })

  it.each(['silent', 'error', 'warn'])('has no requests at the level %s', async (level) => {
    expect(await logOf('--log-level', level)).toEqual([])
  })
})
