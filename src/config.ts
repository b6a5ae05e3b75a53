import { parseArgs } from 'node:util'
import { z } from 'zod'

/** Everything that can be chosen about a server. Every default is in this schema. */
export const configSchema = z.strictObject({
  /** 0 takes any free port. */
  port: z.int().min(0).max(65_535).default(3270),
  host: z.string().min(1).default('127.0.0.1'),
  dataDir: z.string().min(1).default('.ecr-local'),
  /** Keep nothing: the data directory is a temporary one that goes with the process. */
  inMemory: z.boolean().default(false),
  accountId: z
    .string()
    .regex(/^[0-9]{12}$/)
    .default('000000000000'),
  region: z
    .string()
    .regex(/^[a-z0-9-]{2,25}$/)
    .default('us-east-1'),
  auth: z.enum(['open', 'strict']).default('open'),
  /** An AWS shared-credentials file. */
  credentials: z.string().min(1).optional(),
  anonymous: z.enum(['nothing', 'pull', 'push']).default('nothing'),
  /** The host of `repositoryUri`, with `{account}`, `{region}` and `{port}`; by default the caller's own. */
  registryHost: z.string().min(1).optional(),
  /** Each event is posted here. */
  eventsUrl: z.url({ protocol: /^https?$/ }).optional(),
  /** Each event is put here, by PutEvents. */
  eventbridgeUrl: z.url({ protocol: /^https?$/ }).optional(),
  /** Where an upstream of pull through cache is instead: `<host>=<URL>`; a login belongs among the secrets. */
  upstream: z.array(z.string().regex(/^[^=\s]+=https?:\/\/[^/?#@\s]+\/?$/)).default([]),
  /** A JSON file with the logins of upstreams, which stands for Secrets Manager. */
  secrets: z.string().min(1).optional(),
  /** A JSON file with what scans shall find. */
  findings: z.string().min(1).optional(),
  /** Trivy or Grype, or where one lies: told by the name. */
  scanner: z
    .string()
    .regex(/(?:^|\/)(?:trivy|grype)[^/]*$/)
    .optional(),
  /** Seconds. */
  scannerTimeout: z.number().positive().max(86_400).default(300),
  wire: z.enum(['spec', 'ecr']).default('spec'),
  logFormat: z.enum(['pretty', 'json']).default('pretty'),
  logLevel: z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('info'),
})

export type Config = z.output<typeof configSchema>

interface Flag {
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
const FLAGS: readonly Flag[] = [
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
    expected: 'a URL of http or https',
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

/** A choice that can't be taken. The message tells what can. */
export class UnusableConfig extends Error {
  override readonly name = 'UnusableConfig'
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * What flags and environment choose; a flag wins over its variable.
 *
 * @param args without the program and its command
 * @throws UnusableConfig
 */
export function readConfig(args: readonly string[], environment: Environment): Config {
  checkVariables(environment)
  const flags = parseFlags(args)
  const chosen: Record<string, unknown> = {}
  for (const flag of FLAGS) {
    const variable = variableOf(flag)
    const [origin, text] =
      flags[flag.name] === undefined
        ? [variable, environment[variable]]
        : [`--${flag.name}`, flags[flag.name]]
    // An empty variable is none, as everywhere in a shell; an empty flag is a slip.
    if (text === undefined || (text === '' && origin === variable)) continue
    chosen[flag.member] = readValue(flag, origin, text)
  }
  checkTogether(chosen)
  return configSchema.parse(chosen)
}

/**
 * Checks the choices that exclude or need one another, before defaults are filled in.
 *
 * @throws UnusableConfig
 */
export function checkTogether(chosen: { readonly [Member in keyof Config]?: unknown }): void {
  if (chosen.inMemory === true && chosen.dataDir !== undefined)
    throw new UnusableConfig('--in-memory keeps nothing and --data-dir keeps everything: choose one of them')
  if (chosen.auth === 'strict' && chosen.credentials === undefined)
    throw new UnusableConfig(
      '--auth strict needs the secrets of the access keys: name their file with --credentials',
    )
}

/** The text of `--help` about the flags. */
export function describeFlags(): string {
  const defaults = configSchema.parse({})
  const rows = FLAGS.map((flag) => {
    const value = defaults[flag.member]
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

function variableOf({ name }: Flag): string {
  return `ECR_LOCAL_${name.replaceAll('-', '_').toUpperCase()}`
}

type FlagValue = string | boolean | string[]

function parseFlags(args: readonly string[]): Record<string, FlagValue | undefined> {
  const options = Object.fromEntries(
    FLAGS.map(({ name, value }) => [name, { type: value ? ('string' as const) : ('boolean' as const) }]),
  )
  const { tokens } = parseArgs({
    args: [...args],
    options,
    strict: false,
    tokens: true,
    allowPositionals: true,
  })
  const values: Record<string, FlagValue | undefined> = {}
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue
    if (token.kind === 'positional')
      throw new UnusableConfig(`"${token.value}" is not expected here; see ecr-local --help`)
    const flag = FLAGS.find(({ name }) => name === token.name)
    if (!flag)
      throw new UnusableConfig(
        `There is no option ${token.rawName}. ${suggest(
          `--${token.name}`,
          FLAGS.map(({ name }) => `--${name}`),
        )}`,
      )
    if (flag.value && token.value === undefined)
      throw new UnusableConfig(`${token.rawName} takes ${flag.expected}`)
    // The next flag is not the value of one whose own was forgotten.
    if (flag.value && !token.inlineValue && token.value?.startsWith('-'))
      throw new UnusableConfig(`${token.rawName} takes ${flag.expected}, not "${token.value}"`)
    const value = flag.value ? (token.value ?? '') : (token.value ?? true)
    values[flag.name] = flag.isRepeatable ? [values[flag.name] ?? [], value].flat().map(String) : value
  }
  return values
}

/** A misspelt variable would be silently without effect: it is refused as a flag is. */
function checkVariables(environment: Environment): void {
  const known = FLAGS.map(variableOf)
  for (const name of Object.keys(environment))
    if (name.startsWith('ECR_LOCAL_') && !known.includes(name) && !OTHER_VARIABLES.includes(name))
      throw new UnusableConfig(`There is no variable ${name}. ${suggest(name, known)}`)
}

/** Variables of the tests of ecr-local itself. */
const OTHER_VARIABLES = [
  'ECR_LOCAL_REQUIRE_CLIENTS',
  'ECR_LOCAL_TEST_CLIENTS',
  'ECR_LOCAL_REACHED',
  'ECR_LOCAL_WRITE_DOCS',
]

function readValue(flag: Flag, origin: string, text: FlagValue): unknown {
  const value = typeof text === 'string' ? valueOfText(flag, text) : text
  const parsed = configSchema.shape[flag.member].safeParse(value)
  if (!parsed.success) throw new UnusableConfig(`${origin} takes ${flag.expected}, not "${text}"`)
  return parsed.data
}

const SWITCH_WORDS = new Map([
  ['1', true],
  ['true', true],
  ['yes', true],
  ['0', false],
  ['false', false],
  ['no', false],
])

function valueOfText(flag: Flag, text: string): unknown {
  if (flag.value === undefined) return SWITCH_WORDS.get(text.toLowerCase()) ?? text
  if (flag.isRepeatable) return text.split(',')
  if (flag.member === 'port' || flag.member === 'scannerTimeout')
    return /^\d+$/.test(text) ? Number(text) : text
  return text
}

/** The known name that is nearest to a wrong one, when one is near, else where to find them all. */
export function suggest(wrong: string, known: readonly string[]): string {
  const ranked = known.map((name) => ({ name, distance: editDistance(wrong, name) }))
  ranked.sort((a, b) => a.distance - b.distance)
  const [nearest] = ranked
  if (nearest && nearest.distance <= Math.max(2, wrong.length / 3)) return `Did you mean ${nearest.name}?`
  return 'See ecr-local --help'
}

/** Levenshtein's distance. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const substituted = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      row.push(Math.min(substituted, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1))
    }
    previous = row
  }
  return previous[b.length] ?? 0
}
