import { type Config, configMembers } from './schema.ts'

export interface Flag {
  readonly name: string
  readonly member: keyof Config
  /** What stands behind the flag; none for a switch. */
  readonly value?: string
  readonly help: string
  /** What the value has to be, for who got it wrong. */
  readonly expected: string
  /** May be given several times; its variable holds them with commas between. */
  readonly isRepeatable?: true
}

/** The flags in the order of `--help`. Each has an environment variable: `--data-dir` is ECR_LOCAL_DATA_DIR. */
export const FLAGS: readonly Flag[] = [
  {
    name: 'port',
    member: 'port',
    value: 'NUMBER',
    help: 'port to listen on; 0 takes any free one',
    expected: 'a number from 0 to 65535',
  },
  {
    name: 'host',
    member: 'host',
    value: 'ADDRESS',
    help: 'address to listen on; 0.0.0.0 lets other machines in',
    expected: 'an address',
  },
  {
    name: 'data-dir',
    member: 'dataDir',
    value: 'DIR',
    help: 'directory that keeps everything',
    expected: 'a directory',
  },
  {
    name: 'in-memory',
    member: 'inMemory',
    help: 'keep nothing: everything goes with the process',
    expected: 'true or false',
  },
  {
    name: 'account-id',
    member: 'accountId',
    value: 'ID',
    help: 'account of callers whose access key names none',
    expected: 'twelve digits',
  },
  {
    name: 'region',
    member: 'region',
    value: 'REGION',
    help: 'region of callers who name none',
    expected: 'a region such as eu-west-1',
  },
  {
    name: 'auth',
    member: 'auth',
    value: 'HOW',
    help: 'open takes any credentials; strict verifies signatures by --credentials',
    expected: 'open or strict',
  },
  {
    name: 'credentials',
    member: 'credentials',
    value: 'FILE',
    help: 'AWS shared-credentials file: secrets, and accounts (aws_account_id), of access keys',
    expected: 'a file',
  },
  {
    name: 'anonymous',
    member: 'anonymous',
    value: 'WHAT',
    help: 'what the registry lets callers do without a login',
    expected: 'nothing, pull or push',
  },
  {
    name: 'registry-host',
    member: 'registryHost',
    value: 'TEMPLATE',
    help: "host of repositoryUri, with {account}, {region} and {port}; by default the caller's own",
    expected: 'a host such as {account}.dkr.ecr.{region}.localhost:{port}',
  },
  {
    name: 'tls',
    member: 'tls',
    help: 'answer HTTPS too, on the same port, by a CA made in the data directory',
    expected: 'true or false',
  },
  {
    name: 'tls-cert',
    member: 'tlsCert',
    value: 'FILE',
    help: 'answer HTTPS by this certificate, in PEM, with those that certify it behind it',
    expected: 'a file',
  },
  {
    name: 'tls-key',
    member: 'tlsKey',
    value: 'FILE',
    help: 'the key of --tls-cert, in PEM',
    expected: 'a file',
  },
  {
    name: 'allowed-host',
    member: 'allowedHost',
    value: 'NAME',
    help: 'name by which browsers may reach this server, certified by --tls; may be repeated',
    expected: 'a host without a port, such as ecr.example.test',
    isRepeatable: true,
  },
  {
    name: 'events-url',
    member: 'eventsUrl',
    value: 'URL',
    help: 'post each event here, in order, until it is taken',
    expected: 'a URL of http or https',
  },
  {
    name: 'eventbridge-url',
    member: 'eventbridgeUrl',
    value: 'URL',
    help: 'put each event on the default bus of the EventBridge there',
    expected: 'a URL of http or https without a login',
  },
  {
    name: 'upstream',
    member: 'upstream',
    value: 'HOST=URL',
    help: 'pull through cache asks the upstream HOST at URL; may be repeated',
    expected: 'a host and a URL without a path, such as quay.io=http://localhost:5000',
    isRepeatable: true,
  },
  {
    name: 'secrets',
    member: 'secrets',
    value: 'FILE',
    help: 'JSON file with the logins of upstreams: {"<secret ARN or name>": {"username", "accessToken"}}',
    expected: 'a file',
  },
  {
    name: 'findings',
    member: 'findings',
    value: 'FILE',
    help: 'JSON file with what image scans shall find',
    expected: 'a file',
  },
  {
    name: 'scanner',
    member: 'scanner',
    value: 'PROGRAM',
    help: 'trivy or grype, or the path of one, to scan images for which --findings says nothing',
    expected: 'trivy or grype, or the path of one',
  },
  {
    name: 'scanner-timeout',
    member: 'scannerTimeout',
    value: 'SECONDS',
    help: 'how long the scanner may look at one image',
    expected: 'a number of seconds up to 86400',
  },
  {
    name: 'wire',
    member: 'wire',
    value: 'WHICH',
    help: "spec: as the OCI specification says; ecr: with ECR's own differences",
    expected: 'spec or ecr',
  },
  {
    name: 'log-format',
    member: 'logFormat',
    value: 'FORMAT',
    help: 'pretty or json, on stderr',
    expected: 'pretty or json',
  },
  {
    name: 'log-level',
    member: 'logLevel',
    value: 'LEVEL',
    help: 'from which level on to log',
    expected: 'silent, error, warn, info or debug',
  },
]

/** The text of `--help` about the flags. */
export function describeFlags(): string {
  const rows = FLAGS.map((flag) => {
    const value = configMembers[flag.member].default
    const isNone = value === undefined || value === false || Array.isArray(value)
    const note = isNone ? '' : ` (default ${value})`
    return [
      `--${flag.name}${flag.value ? ` ${flag.value}` : ''}`,
      `${flag.help}${note}`,
      variableOf(flag),
    ] as const
  })
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, help, variable]) => `  ${name.padEnd(width)}  ${help} [${variable}]`).join('\n')
}

/** The environment variable of a flag. */
export function variableOf({ name }: Flag): string {
  return `ECR_LOCAL_${name.replaceAll('-', '_').toUpperCase()}`
}
