import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Target } from '../../src/commands/setup/settings.ts'
import { tools } from '../../src/commands/setup/tools.ts'
import { setup as setUp } from '../../src/commands/setup.ts'
import { UnusableConfig } from '../../src/config.ts'
import { emulator } from '../support/emulator.ts'
import { run } from '../support/program.ts'

const root = mkdtempSync(join(tmpdir(), 'ecr-local-setup-'))
afterAll(() => rmSync(root, { recursive: true }))
const aDirectory = (): string => mkdtempSync(join(root, 'dir-'))

const REAL = '123456789012.dkr.ecr.eu-west-1.amazonaws.com'

describe('setup', () => {
  const ecr = emulator({ accountId: '123456789012', region: 'eu-west-1', tls: true })

  const setup = (args: string[], variables = {}) =>
    run(['setup', ...args, '--endpoint-url', ecr.server.url], variables)

  it.each([
    [[], 'setup takes one of docker, podman, containerd, kind, k3d, buildkit, helm, oras'],
    [['podman', 'docker'], 'setup takes one of docker, podman, containerd, kind, k3d, buildkit, helm, oras'],
    [['potman'], 'There is no setup of "potman". Did you mean podman?'],
    [['constructor'], 'There is no setup of "constructor". See ecr-local setup --help'],
    [
      ['podman', '--server-url', 'localhost:1'],
      'A server URL is a URL such as http://localhost:3270, not "localhost:1"',
    ],
    [['podman', '--account-id', '12'], '--account-id takes twelve digits, not "12"'],
    [['podman', '--wirte'], "Unknown option '--wirte'. See ecr-local setup --help"],
  ])('refuses %j', async (args, message) => {
    const call = setUp([...args, '--endpoint-url', ecr.server.url], {})
    await expect(call).rejects.toThrow(new UnusableConfig(message))
  })

  it('explains itself', async () => {
    const { code, stdout } = await run(['setup', '--help'])
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^Usage: ecr-local setup TOOL \[OPTIONS\]\n/)])
  })

  it.each([
    [{}, [], REAL],
    [{ AWS_REGION: 'us-east-2' }, [], '123456789012.dkr.ecr.us-east-2.amazonaws.com'],
    [{ AWS_REGION: 'eusc-de-east-1' }, [], '123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu'],
    [{ AWS_ACCESS_KEY_ID: '111122223333' }, [], '111122223333.dkr.ecr.eu-west-1.amazonaws.com'],
    [
      { AWS_ACCESS_KEY_ID: '111122223333', AWS_REGION: 'us-east-2' },
      ['--account-id', '444455556666', '--region', 'cn-north-1'],
      '444455556666.dkr.ecr.cn-north-1.amazonaws.com.cn',
    ],
  ])('is for the registry that %j and %j name', async (variables, args, host) => {
    const { stdout } = await setup(['podman', ...args], variables)
    expect(stdout).toContain(`prefix = "${host}"\nlocation = "${ecr.server.registry}"\n`)
  })

  it('prints, and writes nothing', async () => {
    const directory = aDirectory()
    const { code, stdout } = await setup(['containerd', '--dir', directory])
    expect([code, readdirSync(directory)]).toEqual([0, []])
    expect(stdout).toContain(`==> ${directory}/${REAL}/hosts.toml\nserver = "${ecr.server.url}"\n`)
  })

  it('writes what it would print, again and again', async () => {
    const directory = aDirectory()
    const file = join(directory, 'registries.conf.d', 'ecr-local.conf')
    const first = await setup(['podman', '--write', '--dir', directory, '--region', 'eu-west-2'])
    expect([first.code, first.stdout.split('\n')[0]]).toEqual([0, `Wrote ${file}`])
    expect(readFileSync(file, 'utf8')).toContain('.eu-west-2.')
    await setup(['podman', '--write', '--dir', directory])
    expect(
      readFileSync(file, 'utf8'),
    ).toBe(`# Written by ecr-local setup, which replaces this file when it is run again.
[[registry]]
location = "${ecr.server.registry}"
insecure = true

[[registry]]
prefix = "${REAL}"
location = "${ecr.server.registry}"
insecure = true
`)
    expect(readdirSync(join(directory, 'registries.conf.d'))).toEqual(['ecr-local.conf'])
  })

  it('leaves alone what others wrote, and says what it would have', async () => {
    const directory = aDirectory()
    const file = join(directory, 'buildkitd.toml')
    writeFileSync(file, 'debug = true\n')
    const secure = ['--server-url', ecr.server.httpsUrl ?? '']
    const { code, stdout, stderr } = await setup(['buildkit', '--write', '--dir', directory, ...secure])
    expect([code, stdout]).toEqual([1, ''])
    expect(
      stderr,
    ).toBe(`ecr-local: nothing was written: ${file} would be replaced, which others wrote. Move it away, or add this to it yourself:

==> ${file}
[registry."${ecr.server.registry}"]
  ca = ["${directory}/ca.pem"]

[registry."${REAL}"]
  mirrors = ["${ecr.server.registry}"]
`)
    expect(readFileSync(file, 'utf8')).toBe('debug = true\n')
    expect(existsSync(join(directory, 'ca.pem'))).toBe(false)
  })

  it('says where it cannot write', async () => {
    const { code, stderr } = await setup(['podman', '--write', '--dir', '/dev/null'])
    expect([code, stderr]).toEqual([
      1,
      "ecr-local: ENOTDIR: not a directory, open '/dev/null/registries.conf.d/ecr-local.conf'; choose another directory with --dir, or become somebody who may write there\n",
    ])
  })

  it('says when there is no server', async () => {
    const { code, stderr } = await run(['setup', 'podman', '--endpoint-url', 'http://localhost:1'])
    expect([code, stderr]).toEqual([
      1,
      'ecr-local: nothing answers at http://localhost:1; start a server with ecr-local serve, or name one with --endpoint-url\n',
    ])
  })
})

describe('the settings', () => {
  const target: Target = {
    host: 'localhost:3270',
    url: new URL('http://localhost:3270'),
    listensOn: '0.0.0.0',
    realHost: REAL,
    ca: undefined,
    directory: '/dir',
  }

  const textOf = (name: string, changes: Partial<Target>): string => {
    const { files = [], steps } = tools[name]?.settings({ ...target, ...changes }) ?? {}
    return `${files.map(({ path, content }) => `==> ${path}\n${content}\n`).join('')}${steps}\n`
  }

  it.each(Object.keys(tools))('of %s are as they were when they were tried', async (name) => {
    const secure = { url: new URL('https://localhost:3270'), ca: 'THE CA\n' }
    await expect(
      `over HTTP\n\n${textOf(name, {})}\nover HTTPS\n\n${textOf(name, secure)}`,
    ).toMatchFileSnapshot(`golden/setup-${name}.txt`)
  })

  it.each(['kind', 'k3d'])('of %s say when containers do not reach the server', (name) => {
    const note =
      'The server listens on 127.0.0.1, which containers do not reach: start it with --host 0.0.0.0.\n'
    expect(textOf(name, { listensOn: '127.0.0.1' })).toContain(note)
    expect(textOf(name, {})).not.toContain('The server listens')
  })

  it.each([
    ['kind', 'http://localhost:3270', process.platform === 'linux' ? '172.17.0.1' : 'host.docker.internal'],
    ['kind', 'http://192.0.2.7:3270', '192.0.2.7'],
    ['k3d', 'http://localhost:3270', 'host.k3d.internal'],
  ])('of %s lead containers from %s to %s', (name, url, host) => {
    expect(tools[name]?.reaches?.(new URL(url)).href).toBe(`http://${host}:3270/`)
  })

  it.each([
    ['podman', true, '/etc/containers'],
    ['podman', false, '/home/me/.config/containers'],
    ['containerd', false, '/etc/containerd/certs.d'],
    ['kind', true, '/home/me/.config/ecr-local/kind'],
  ])('of %s go where it looks for them, root: %s', (name, isRoot, directory) => {
    expect(tools[name]?.directory({ home: '/home/me', isRoot })).toBe(directory)
  })
})
