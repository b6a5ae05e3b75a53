import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { env as printExports } from '../../src/commands/env.ts'
import { UnusableConfig } from '../../src/config.ts'
import { emulator } from '../support/emulator.ts'
import { run } from '../support/program.ts'
import { answering, playedRegistry } from '../support/upstream.ts'

const other = await playedRegistry()

describe('env', () => {
  const ecr = emulator({ region: 'eu-north-1', tls: true })
  const long = emulator({ registryHost: '{account}.dkr.ecr.{region}.localhost:{port}' })
  const strict = emulator({ auth: 'strict', credentials: '/dev/null' })

  const env = async (url: string, args: string[] = [], variables = {}) => {
    const { code, stdout, stderr } = await run(['env', '--endpoint-url', url, ...args], variables)
    expect([code, stderr]).toEqual([0, ''])
    return stdout.split('\n').filter(Boolean)
  }

  it.each([
    [['--shell', 'csh'], '--shell takes sh, fish, powershell, not "csh"'],
    [['--shell', 'constructor'], '--shell takes sh, fish, powershell, not "constructor"'],
    [['bash'], 'env takes no arguments. See ecr-local env --help'],
    [['--sh'], "Unknown option '--sh'. See ecr-local env --help"],
    [['--endpoint-url', 'localhost'], 'An endpoint is a URL such as http://localhost:3270, not "localhost"'],
  ])('refuses %j', async (args, message) => {
    await expect(printExports(args, {})).rejects.toThrow(new UnusableConfig(message))
  })

  it('says when there is no server', async () => {
    const url = 'http://localhost:1'
    expect(await run(['env'], { AWS_ENDPOINT_URL_ECR: url })).toEqual({
      code: 1,
      stdout: '',
      stderr: `ecr-local: nothing answers at ${url}; start a server with ecr-local serve, or name one with --endpoint-url\n`,
    })
  })

  it('says when it is another that answers', async () => {
    for (const part of [answering(404), answering(200, {}, '{}')]) {
      other.play(part)
      expect(await run(['env', '--endpoint-url', other.url])).toEqual({
        code: 1,
        stdout: '',
        stderr: `ecr-local: what answers at ${other.url} is no ecr-local; name one with --endpoint-url\n`,
      })
    }
  })

  it('says when it does not trust the server', async () => {
    const url = ecr.server.httpsUrl ?? ''
    const { code, stderr } = await run(['env', '--endpoint-url', url])
    expect([code, stderr]).toEqual([
      1,
      `ecr-local: the certificate at ${url} is not trusted (UNABLE_TO_VERIFY_LEAF_SIGNATURE); ask over http://, which the same port answers, or name the CA with NODE_EXTRA_CA_CERTS\n`,
    ])
  })

  it('prints exports that a shell takes', async () => {
    const lines = await env(`${ecr.server.url}/`)
    expect(lines).toEqual([
      `export AWS_ENDPOINT_URL_ECR=${ecr.server.url}`,
      'export AWS_REGION=eu-north-1',
      'export AWS_DEFAULT_REGION=eu-north-1',
      'export AWS_ACCESS_KEY_ID=test',
      'export AWS_SECRET_ACCESS_KEY=test',
      `export ECR_REGISTRY=${ecr.server.registry}`,
    ])
    const script = `${lines.join('\n')}\necho "$AWS_ENDPOINT_URL_ECR $ECR_REGISTRY"`
    expect(`${execFileSync('sh', ['-c', script])}`).toBe(`${ecr.server.url} ${ecr.server.registry}\n`)
  })

  it.each([
    ['fish', `set -gx AWS_REGION eu-north-1`],
    ['powershell', `$Env:AWS_REGION = 'eu-north-1'`],
  ])('speaks %s', async (shell, line) => {
    expect((await env(ecr.server.url, ['--shell', shell]))[1]).toBe(line)
  })

  it("keeps the region and keys that are set, and names those keys' registry", async () => {
    const variables = { AWS_DEFAULT_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: '123456789012' }
    expect(await env(long.server.url, [], variables)).toEqual([
      `export AWS_ENDPOINT_URL_ECR=${long.server.url}`,
      'export AWS_REGION=eu-west-1',
      'export AWS_DEFAULT_REGION=eu-west-1',
      `export ECR_REGISTRY=123456789012.dkr.ecr.eu-west-1.localhost:${long.server.port}`,
    ])
  })

  it('says what the server says of keys that are not good', async () => {
    const { code, stderr } = await run(['env', '--endpoint-url', strict.server.url])
    expect([code, stderr]).toEqual([1, 'ecr-local: The security token included in the request is invalid.\n'])
  })
})
