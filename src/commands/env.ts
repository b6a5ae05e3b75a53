import { UnusableConfig } from '../config.ts'
import { callService, ServiceError } from '../protocol/client.ts'
import { askServer, NoServer, type ServerFacts } from './ask-server.ts'
import { endpointOf } from './endpoint.ts'
import { readFlags } from './flags.ts'

const HELP = `Usage: ecr-local env [OPTIONS]

Prints what a shell has to export for the AWS tools to find a running server,
and its registry as ECR_REGISTRY. A region and keys that are set already stay.

  eval "$(ecr-local env)"                               sh, bash, zsh
  ecr-local env --shell fish | source                   fish
  ecr-local env --shell powershell | Invoke-Expression  PowerShell

  --endpoint-url URL  the server (default AWS_ENDPOINT_URL_ECR, AWS_ENDPOINT_URL,
                      http://localhost:3270)
  --shell SHELL       sh (default), fish or powershell
`

const OPTIONS = { 'endpoint-url': { type: 'string' }, shell: { type: 'string' } } as const

/** How a shell exports a variable. */
const SHELLS: Readonly<Record<string, (name: string, value: string) => string>> = {
  sh: (name, value) => `export ${name}=${quote(value, "'\\''")}`,
  fish: (name, value) => `set -gx ${name} ${quote(value, "\\'")}`,
  powershell: (name, value) => `$Env:${name} = '${value.replaceAll("'", "''")}'`,
}

/** Prints exports for a shell. Answers with the exit code. */
export async function env(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  const { values, positionals } = readFlags('env', args, OPTIONS)
  if (values.help) {
    process.stdout.write(HELP)
    return 0
  }
  if (positionals.length > 0) throw new UnusableConfig('env takes no arguments. See ecr-local env --help')
  const { shell = 'sh' } = values
  const format = Object.hasOwn(SHELLS, shell) ? SHELLS[shell] : undefined
  if (!format) throw new UnusableConfig(`--shell takes ${Object.keys(SHELLS).join(', ')}, not "${shell}"`)
  try {
    const variables = await variablesFor(await askServer(values, environment), environment)
    for (const [name, value] of Object.entries(variables)) process.stdout.write(`${format(name, value)}\n`)
    return 0
  } catch (error) {
    if (!(error instanceof NoServer || error instanceof ServiceError)) throw error
    process.stderr.write(`ecr-local: ${error.message}\n`)
    return 1
  }
}

async function variablesFor(
  server: ServerFacts,
  environment: NodeJS.ProcessEnv,
): Promise<Record<string, string>> {
  const { AWS_REGION, AWS_DEFAULT_REGION, AWS_ACCESS_KEY_ID } = environment
  const region = AWS_REGION || AWS_DEFAULT_REGION || server.region
  // Where signatures are verified, only the user has keys that are good.
  const needsKeys = !AWS_ACCESS_KEY_ID && server.auth === 'open'
  return {
    AWS_ENDPOINT_URL_ECR: server.url,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    ...(needsKeys && { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' }),
    ECR_REGISTRY: await registryOf(server, region, environment),
  }
}

/** The host by which the caller's registry goes, as the server itself tells it. */
async function registryOf({ url }: ServerFacts, region: string, environment: NodeJS.ProcessEnv) {
  const endpoint = endpointOf({ 'endpoint-url': url, region }, environment)
  const target = 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken'
  const { authorizationData } = (await callService(endpoint, 'ecr', target, {})) as {
    authorizationData: [{ proxyEndpoint: string }]
  }
  return new URL(authorizationData[0].proxyEndpoint).host
}

function quote(value: string, apostrophe: string): string {
  return /^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", apostrophe)}'`
}
