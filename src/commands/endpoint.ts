import { UnusableConfig } from '../config.ts'
import type { Endpoint } from '../protocol/client.ts'

const DEFAULT_ENDPOINT = 'http://localhost:3270'

/** Which server a command speaks to, and as whom: what its flags say, else the variables of the AWS tools. */
export function endpointOf(
  flags: { readonly 'endpoint-url'?: string; readonly region?: string },
  environment: NodeJS.ProcessEnv,
): Endpoint {
  const { AWS_ENDPOINT_URL_ECR, AWS_ENDPOINT_URL, AWS_REGION, AWS_DEFAULT_REGION } = environment
  const url = flags['endpoint-url'] || AWS_ENDPOINT_URL_ECR || AWS_ENDPOINT_URL || DEFAULT_ENDPOINT
  checkUrl('An endpoint', url)
  return {
    url,
    region: flags.region || AWS_REGION || AWS_DEFAULT_REGION || 'us-east-1',
    accessKeyId: environment.AWS_ACCESS_KEY_ID || 'test',
    secretAccessKey: environment.AWS_SECRET_ACCESS_KEY || 'test',
    ...(environment.AWS_SESSION_TOKEN && { sessionToken: environment.AWS_SESSION_TOKEN }),
  }
}

/** @throws UnusableConfig for what is no URL of HTTP */
export function checkUrl(what: string, url: string): void {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new UnusableConfig(`${what} is a URL such as ${DEFAULT_ENDPOINT}, not "${url}"`)
}

/** Why fetch had no answer of a server, and what to do; undefined for other errors. */
export function explainSilence(error: unknown, url: string): string | undefined {
  if (!(error instanceof TypeError)) return undefined
  const { code = '' } = (error.cause ?? {}) as NodeJS.ErrnoException
  if (/CERT|SIGNATURE/.test(code))
    return `the certificate at ${url} is not trusted (${code}); ask over http://, which the same port answers, or name the CA with NODE_EXTRA_CA_CERTS`
  return `nothing answers at ${url}; start a server with ecr-local serve, or name one with --endpoint-url`
}
