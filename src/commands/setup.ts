import { homedir } from 'node:os'
import { resolve } from 'node:path'
import { suggest, UnusableConfig } from '../config.ts'
import { callService, ServiceError } from '../protocol/client.ts'
import { amazonHostOf, type Registry } from '../rules/registry.ts'
import { askServer, NoServer, type ServerFacts } from './ask-server.ts'
import { checkUrl, endpointOf } from './endpoint.ts'
import { readFlags } from './flags.ts'
import type { File, Settings } from './setup/settings.ts'
import { tools } from './setup/tools.ts'
import { InTheWay, writeFiles } from './setup/write.ts'

const HELP = `Usage: ecr-local setup TOOL [OPTIONS]

Prints the settings by which a tool pulls from and pushes to a running server,
under its own name and under the name that the registry has at Amazon,
<account>.dkr.ecr.<region>.amazonaws.com. The tools are
${Object.keys(tools).join(', ')}.

  --write             write the files; those of others stay as they are
  --dir DIR           where they go (default: where the tool looks)
  --endpoint-url URL  the server (default AWS_ENDPOINT_URL_ECR, AWS_ENDPOINT_URL,
                      http://localhost:3270)
  --server-url URL    the server as the tool reaches it, if not so; https:// for
                      a tool that shall speak TLS
  --account-id ID     whose registry (default: of AWS_ACCESS_KEY_ID, else the
                      server's own)
  --region REGION     (default AWS_REGION, AWS_DEFAULT_REGION, the server's own)
`

const OPTIONS = {
  write: { type: 'boolean' },
  dir: { type: 'string' },
  'endpoint-url': { type: 'string' },
  'server-url': { type: 'string' },
  'account-id': { type: 'string' },
  region: { type: 'string' },
} as const

type Flags = ReturnType<typeof readFlags<typeof OPTIONS>>['values']

/** Prints or writes the settings of a tool. Answers with the exit code. */
export async function setup(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  const { values, positionals } = readFlags('setup', args, OPTIONS)
  if (values.help) {
    process.stdout.write(HELP)
    return 0
  }
  const [name = '', ...others] = positionals
  if (others.length > 0 || name === '')
    throw new UnusableConfig(`setup takes one of ${Object.keys(tools).join(', ')}`)
  const tool = Object.hasOwn(tools, name) ? tools[name] : undefined
  if (!tool) {
    const hint = suggest(name, Object.keys(tools), 'ecr-local setup --help')
    throw new UnusableConfig(`There is no setup of "${name}". ${hint}`)
  }
  if (values['server-url'] !== undefined) checkUrl('A server URL', values['server-url'])
  try {
    const server = await askServer(values, environment)
    const registry = await registryOf(server, values, environment)
    const user = { home: environment.HOME || homedir(), isRoot: process.getuid?.() === 0 }
    const here = new URL(server.url)
    const settings = tool.settings({
      host: here.host,
      url: values['server-url'] ? new URL(values['server-url']) : (tool.reaches?.(here) ?? here),
      listensOn: server.host,
      realHost: amazonHostOf(registry),
      ca: server.ca,
      directory: values.dir === undefined ? tool.directory(user) : resolve(values.dir),
    })
    await (values.write ? write(settings) : print(settings))
    return 0
  } catch (error) {
    const reason = explain(error)
    if (reason === undefined) throw error
    process.stderr.write(`ecr-local: ${reason}\n`)
    return 1
  }
}

/** Whose registry is meant: of the account and region that the flags say, else the environment, else the server. */
async function registryOf(
  server: ServerFacts,
  flags: Flags,
  environment: NodeJS.ProcessEnv,
): Promise<Registry> {
  const { AWS_REGION, AWS_DEFAULT_REGION, AWS_ACCESS_KEY_ID } = environment
  const region = flags.region || AWS_REGION || AWS_DEFAULT_REGION || server.region
  const accountId = flags['account-id']
  if (accountId !== undefined) {
    if (!/^[0-9]{12}$/.test(accountId))
      throw new UnusableConfig(`--account-id takes twelve digits, not "${accountId}"`)
    return { accountId, region }
  }
  if (!AWS_ACCESS_KEY_ID) return { accountId: server.accountId, region }
  // Only the server knows whose a key is.
  const endpoint = endpointOf({ 'endpoint-url': server.url, region }, environment)
  const target = 'AmazonEC2ContainerRegistry_V20150921.DescribeRegistry'
  const { registryId } = (await callService(endpoint, 'ecr', target, {})) as { registryId: string }
  return { accountId: registryId, region }
}

async function write({ files, steps }: Settings): Promise<void> {
  await writeFiles(files)
  for (const { path } of files) process.stdout.write(`Wrote ${path}\n`)
  process.stdout.write(`${steps}\n`)
}

function print({ files, steps }: Settings): void {
  process.stdout.write(`${files.map(printed).join('')}${steps}\n`)
}

function printed({ path, content }: File): string {
  return `==> ${path}\n${content}\n`
}

/** A failure that the user can mend, with how; undefined for others. */
function explain(error: unknown): string | undefined {
  if (error instanceof NoServer || error instanceof ServiceError) return error.message
  if (error instanceof InTheWay)
    return `nothing was written: ${error.files.map(({ path }) => path).join(' and ')} would be replaced, which others wrote. Move it away, or add this to it yourself:\n\n${error.files.map(printed).join('')}`.trimEnd()
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || code === 'ENOTDIR')
    return `${message}; choose another directory with --dir, or become somebody who may write there`
  return undefined
}
