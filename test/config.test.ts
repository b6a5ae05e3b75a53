import { describe, expect, it } from 'vitest'
import { configMembers, readConfig, UnusableConfig } from '../src/config.ts'

/** What is to be typed for an option, and what comes of it. */
const CHOICES = {
  port: ['0', 0],
  host: ['0.0.0.0', '0.0.0.0'],
  dataDir: ['/srv/ecr', '/srv/ecr'],
  inMemory: ['yes', true],
  accountId: ['123456789012', '123456789012'],
  region: ['eu-north-1', 'eu-north-1'],
  auth: ['open', 'open'],
  credentials: ['/etc/credentials', '/etc/credentials'],
  anonymous: ['push', 'push'],
  registryHost: ['{account}.registry.test', '{account}.registry.test'],
  tls: ['yes', true],
  tlsCert: ['/etc/cert.pem', '/etc/cert.pem'],
  tlsKey: ['/etc/key.pem', '/etc/key.pem'],
  allowedHost: ['ecr.example.test', ['ecr.example.test']],
  eventsUrl: ['http://localhost:1/hook', 'http://localhost:1/hook'],
  eventbridgeUrl: ['http://localhost:4566', 'http://localhost:4566'],
  upstream: ['quay.io=http://localhost:5000', ['quay.io=http://localhost:5000']],
  secrets: ['/etc/secrets.json', '/etc/secrets.json'],
  findings: ['/etc/findings.json', '/etc/findings.json'],
  scanner: ['/opt/bin/grype', '/opt/bin/grype'],
  scannerTimeout: ['60', 60],
  wire: ['ecr', 'ecr'],
  logFormat: ['json', 'json'],
  logLevel: ['debug', 'debug'],
} as const

const choices = Object.entries(CHOICES).map(([member, [text, value]]) => {
  const flag = member.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  return { member, flag, variable: `ECR_LOCAL_${flag.replaceAll('-', '_').toUpperCase()}`, text, value }
})

/** Of options that are refused alone: what stands beside them. */
const COMPANIONS: Record<string, { args: string[]; chosen: object }> = {
  tlsCert: { args: ['--tls-key=key.pem'], chosen: { tlsKey: 'key.pem' } },
  tlsKey: { args: ['--tls-cert=cert.pem'], chosen: { tlsCert: 'cert.pem' } },
}

const defaults = Object.fromEntries(
  Object.entries(configMembers).map(([member, kind]) => [member, kind.default]),
)

describe('readConfig', () => {
  it.each([
    ['--prot 0', 'There is no option --prot. Did you mean --port?'],
    [
      '--eventbridge-url http://user:password@localhost:4566',
      '--eventbridge-url takes a URL of http or https without a login, not "http://user:password@localhost:4566"',
    ],
    ['-p 0', 'There is no option -p. See ecr-local --help'],
    ['--verbose', 'There is no option --verbose. See ecr-local --help'],
    ['--no-in-memory', 'There is no option --no-in-memory. Did you mean --in-memory?'],
    ['--port', '--port takes a number from 0 to 65535'],
    ['--port=', '--port takes a number from 0 to 65535, not ""'],
    ['--port http', '--port takes a number from 0 to 65535, not "http"'],
    ['--port 65536', '--port takes a number from 0 to 65535, not "65536"'],
    ['--port=-1', '--port takes a number from 0 to 65535, not "-1"'],
    ['--port 1e3', '--port takes a number from 0 to 65535, not "1e3"'],
    ['--host=', '--host takes an address, not ""'],
    ['--data-dir=', '--data-dir takes a directory, not ""'],
    ['--data-dir --in-memory', '--data-dir takes a directory, not "--in-memory"'],
    ['--account-id 1234', '--account-id takes twelve digits, not "1234"'],
    ['--region EU', '--region takes a region such as eu-west-1, not "EU"'],
    ['--auth lax', '--auth takes open or strict, not "lax"'],
    [
      '--auth strict',
      '--auth strict needs the secrets of the access keys: name their file with --credentials',
    ],
    ['--credentials=', '--credentials takes a file, not ""'],
    ['--anonymous all', '--anonymous takes nothing, pull or push, not "all"'],
    ...[
      '',
      'https://ecr.test',
      'ecr.test/registry',
      'ecr.test:port',
      'ann@ecr.test',
      '{acount}.ecr.test',
      '{ACCOUNT}.ecr.test',
      '{account.ecr.test',
      '{port}',
      '[::1]]',
    ].map((host) => [
      `--registry-host=${host}`,
      `--registry-host takes a host such as {account}.dkr.ecr.{region}.localhost:{port}, not "${host}"`,
    ]),
    ['--tls=maybe', '--tls takes true or false, not "maybe"'],
    ['--tls-cert=', '--tls-cert takes a file, not ""'],
    ['--tls-cert cert.pem', '--tls-cert and --tls-key need each other'],
    ['--tls --tls-key key.pem', '--tls-cert and --tls-key need each other'],
    [
      '--tls=false --tls-cert cert.pem --tls-key key.pem',
      '--tls-cert is for HTTPS, which --tls=false turns off: choose one of them',
    ],
    ...['ecr.test:3270', 'http://ecr.test', '*.ecr.test', ''].map((host) => [
      `--allowed-host=${host}`,
      `--allowed-host takes a host without a port, such as ecr.example.test, not "${host}"`,
    ]),
    [
      '--upstream quay.io',
      '--upstream takes a host and a URL without a path, such as quay.io=http://localhost:5000, not "quay.io"',
    ],
    [
      '--upstream quay.io=http://ann:secret@localhost:5000',
      '--upstream takes a host and a URL without a path, such as quay.io=http://localhost:5000, not "quay.io=http://ann:secret@localhost:5000"',
    ],
    [
      '--upstream quay.io=http://localhost:5000/v2/',
      '--upstream takes a host and a URL without a path, such as quay.io=http://localhost:5000, not "quay.io=http://localhost:5000/v2/"',
    ],
    ...['ftp://localhost/hook', 'localhost/hook', 'http://', ''].map((url) => [
      `--events-url=${url}`,
      `--events-url takes a URL of http or https, not "${url}"`,
    ]),
    ['--secrets=', '--secrets takes a file, not ""'],
    ['--findings=', '--findings takes a file, not ""'],
    ['--scanner clair', '--scanner takes trivy or grype, or the path of one, not "clair"'],
    ['--scanner-timeout 0', '--scanner-timeout takes a number of seconds up to 86400, not "0"'],
    ['--wire both', '--wire takes spec or ecr, not "both"'],
    ['--log-format xml', '--log-format takes pretty or json, not "xml"'],
    ['--log-level trace', '--log-level takes silent, error, warn, info or debug, not "trace"'],
    ['--in-memory=maybe', '--in-memory takes true or false, not "maybe"'],
    [
      '--in-memory --data-dir x',
      '--in-memory keeps nothing and --data-dir keeps everything: choose one of them',
    ],
    ['now', '"now" is not expected here; see ecr-local --help'],
    ['--port 0 3270', '"3270" is not expected here; see ecr-local --help'],
  ])('refuses %s', (line, message) => {
    expect(() => readConfig(line.split(' '), {})).toThrow(new UnusableConfig(message))
  })

  it.each([
    ['ECR_LOCAL_PROT', '0', 'There is no variable ECR_LOCAL_PROT. Did you mean ECR_LOCAL_PORT?'],
    ['ECR_LOCAL_SOMETHING', '1', 'There is no variable ECR_LOCAL_SOMETHING. See ecr-local --help'],
    ['ECR_LOCAL_PORT', 'http', 'ECR_LOCAL_PORT takes a number from 0 to 65535, not "http"'],
    ['ECR_LOCAL_IN_MEMORY', 'maybe', 'ECR_LOCAL_IN_MEMORY takes true or false, not "maybe"'],
    [
      'ECR_LOCAL_AUTH',
      'strict',
      '--auth strict needs the secrets of the access keys: name their file with --credentials',
    ],
  ])('refuses %s=%s', (name, value, message) => {
    expect(() => readConfig([], { [name]: value })).toThrow(new UnusableConfig(message))
  })

  it('chooses the defaults when nothing is said, whatever else is in the environment', () => {
    const other = {
      PATH: '/bin',
      AWS_REGION: 'eu-west-1',
      ecr_local_port: '1',
      // Of our tests, which start servers.
      ECR_LOCAL_REQUIRE_CLIENTS: '1',
      ECR_LOCAL_WRITE_CONFORMANCE: '1',
    }
    expect(readConfig([], other)).toEqual(defaults)
    const empty = Object.fromEntries(choices.map(({ variable }) => [variable, '']))
    expect(readConfig([], empty)).toEqual(defaults)
  })

  it('has all options in the table of this test', () => {
    expect(choices.map(({ member }) => member)).toEqual(Object.keys(configMembers))
  })

  it.each(choices)('takes $member by --$flag and by $variable', ({ member, flag, variable, text, value }) => {
    const { args = [], chosen = {} } = COMPANIONS[member] ?? {}
    const expected = { ...defaults, [member]: value, ...chosen }
    const isSwitch = typeof value === 'boolean'
    expect(readConfig([`--${flag}=${text}`, ...args], {})).toEqual(expected)
    expect(readConfig(args, { [variable]: text })).toEqual(expected)
    expect(readConfig([...(isSwitch ? [`--${flag}`] : [`--${flag}`, text]), ...args], {})).toEqual(expected)
  })

  it('takes an option that may be repeated as often as it comes', () => {
    const [quay, k8s] = ['quay.io=http://localhost:1', 'registry.k8s.io=https://mirror.test']
    expect(readConfig(['--upstream', quay, `--upstream=${k8s}`], {}).upstream).toEqual([quay, k8s])
    expect(readConfig([], { ECR_LOCAL_UPSTREAM: `${quay},${k8s}` }).upstream).toEqual([quay, k8s])
    expect(readConfig(['--upstream', quay], { ECR_LOCAL_UPSTREAM: k8s }).upstream).toEqual([quay])
  })

  it.each(['ecr.test', 'ecr_local:3270', '127.0.0.1:{port}', '[::1]:{port}', '{account}-{region}.ecr.test'])(
    'takes %s as the host of a registry',
    (host) => {
      expect(readConfig(['--registry-host', host], {}).registryHost).toBe(host)
    },
  )

  it('prefers a flag to its variable', () => {
    expect(readConfig(['--port', '1'], { ECR_LOCAL_PORT: '2' }).port).toBe(1)
    expect(readConfig(['--in-memory=false'], { ECR_LOCAL_IN_MEMORY: '1' }).inMemory).toBe(false)
    expect(readConfig(['--port', '1', '--port', '3'], {}).port).toBe(3)
  })

  it.each([
    ['1', true],
    ['TRUE', true],
    ['yes', true],
    ['0', false],
    ['false', false],
    ['No', false],
  ])('reads %s as %s', (text, expected) => {
    expect(readConfig([], { ECR_LOCAL_IN_MEMORY: text }).inMemory).toBe(expected)
  })
})
